#include "peer/http/asked_path.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

constexpr std::string_view kContentFolder = "content/";
constexpr std::size_t kDigits = 2 * std::tuple_size_v<ContentId>;

/// Without escapes; none when one of them is none.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool is_escape = text.front() == '%';
    char c = text.front();
    if (is_escape) {
      std::byte byte{};
      if (text.size() < 3 || !config::from_hex(text.substr(1, 2), {&byte, 1})) return std::nullopt;
      c = static_cast<char>(byte);
    }
    plain += c;
    text.remove_prefix(is_escape ? 3 : 1);
  }
  return plain;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string escape(std::string_view text, std::string_view kept) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      escaped += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return escaped;
}

}  // namespace

std::variant<AskedTarget, TargetFault> parse_target(std::string_view path) {
  if (!path.starts_with('/')) return TargetFault{"a path begins with a slash"};
  path.remove_prefix(1);
  if (path.empty()) return AskedTarget{.asked = {}, .has_slash = true};
  // Parts are told apart before anything is decoded.
  const auto slashes = std::ranges::count(path, '/');
  const auto decoded = unescape(path);
  if (!decoded) return TargetFault{"a % in a path is followed by two hexadecimal digits"};
  if (std::ranges::count(*decoded, '/') != slashes) return TargetFault{"no escape of a path stands for a slash"};
  std::string_view rest = *decoded;
  const bool has_slash = rest.ends_with('/');
  AskedTarget target{.asked = {}, .has_slash = has_slash};
  if (rest.starts_with(kContentFolder)) {
    const std::string_view word =
        rest.substr(kContentFolder.size(), rest.find('/', kContentFolder.size()) - kContentFolder.size());
    ContentId id{};
    if (word.size() == kDigits && config::from_hex(word, id)) {
      target.asked.id = id;
      rest.remove_prefix(std::min(rest.size(), kContentFolder.size() + kDigits + 1));
      if (rest.empty()) return target;
    }
  }
  const std::string_view checked = rest.ends_with('/') ? rest.substr(0, rest.size() - 1) : rest;
  if (const std::string fault = config::path_fault(checked); !fault.empty())
    return TargetFault{"the path " + config::in_quotes(checked) + ' ' + fault};
  target.asked.path = rest;
  return target;
}

std::string escape_part(std::string_view text) { return escape(text, ""); }
std::string escape_path(std::string_view path) { return escape(path, "/"); }

}  // namespace p2p
