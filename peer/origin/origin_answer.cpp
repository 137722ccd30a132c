#include "peer/origin/origin_answer.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "peer/storage/digest.hpp"

namespace p2p {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// At most 2^63 - 1, as sizes are everywhere here.
std::optional<std::uint64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || text.starts_with('-'))
    return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

struct ContentRange {
  std::optional<std::uint64_t> first, last;  ///< None: unsatisfied.
  std::uint64_t size;
};

/// RFC 9110, section 14.4. None where it is something else, or says no size.
std::optional<ContentRange> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const std::size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || slash == std::string_view::npos) return std::nullopt;
  const std::string_view range = text.substr(kUnit.size(), slash - kUnit.size());
  const auto size = number(text.substr(slash + 1));
  if (!size) return std::nullopt;
  if (range == "*") return ContentRange{.first = {}, .last = {}, .size = *size};
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number(range.substr(0, dash)), last = number(range.substr(dash + 1));
  if (!first || !last || *first > *last || *last >= *size) return std::nullopt;
  return ContentRange{.first = first, .last = last, .size = *size};
}

std::string mark_of(const OriginHead& head) {
  const std::string modified = head.last_modified.empty() ? "" : "modified " + head.last_modified;
  if (head.etag.empty()) return modified;
  const std::string etag = "etag " + head.etag;
  const bool strong = head.etag.starts_with('"');
  return strong || modified.empty() ? etag : etag + " " + modified;
}

OriginFault refused(std::string why) { return {OriginFault::Kind::refused, std::move(why)}; }

std::optional<OriginFault> status_fault(const OriginHead& head) {
  switch (head.status) {
    case 200:
    case 206:
    case 416: return std::nullopt;
    case 404:
    case 410: return OriginFault{OriginFault::Kind::nothing, "the origin does not have it either"};
    case 401:
    case 403:
    case 407:
      return refused("the origin refuses it with status " + std::to_string(head.status) +
                     "; where it wants a user name and a password, they go into the URL of --origin");
    default: return refused("the origin answers with status " + std::to_string(head.status));
  }
}

}  // namespace

void OriginHead::take_line(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    *this = {};
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return;
    status = static_cast<int>(number(trimmed(line.substr(blank + 1, 3))).value_or(0));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "etag") etag = value;
  if (name == "last-modified") last_modified = value;
  if (name == "content-range") content_range = value;
  if (name == "content-encoding") content_encoding = value;
  if (name == "content-length") content_length = number(value);
}

std::variant<OriginVersion, OriginFault> version_of(const OriginHead& head) {
  if (auto fault = status_fault(head)) return std::move(*fault);
  if (!head.content_encoding.empty() && head.content_encoding != "identity")
    return refused("the origin gives it encoded (" + head.content_encoding + "), not as it is");
  OriginVersion version{.mark = mark_of(head)};
  if (head.status == 200) {
    if (!head.content_length) return refused("the origin does not say how large it is");
    version.size = *head.content_length;
  } else {
    const auto range = parse_range(head.content_range);
    if (!range || (head.status == 416 && range->size != 0))
      return refused("the origin does not say how large it is, but \"" + head.content_range + "\"");
    version.size = range->size;
    version.ranges = head.status == 206;
  }
  if (version.mark.empty())
    return refused("the origin says neither ETag nor Last-Modified, so nobody could tell one version from another");
  return version;
}

std::optional<OriginFault> range_fault(const OriginHead& head, const OriginVersion& version, std::uint64_t first,
                                       std::uint64_t end) {
  const OriginFault changed{OriginFault::Kind::changed, "it has changed at the origin"};
  if (head.status == 412 || head.status == 416) return changed;
  if (auto fault = status_fault(head))
    return fault->kind == OriginFault::Kind::nothing
               ? OriginFault{OriginFault::Kind::changed, "the origin does not have it any more"}
               : std::move(fault);
  const auto answered = version_of(head);
  if (const auto* const fault = std::get_if<OriginFault>(&answered)) return *fault;
  if (std::get<OriginVersion>(answered) != version) return changed;
  if (!version.ranges) return std::nullopt;
  const auto range = parse_range(head.content_range);
  if (range->first != first || range->last != end - 1)
    return refused("the origin answers with other bytes than it was asked for: \"" + head.content_range + "\"");
  return std::nullopt;
}

ContentId id_of(const std::string& url, const OriginVersion& version) {
  const std::string text =
      "peerProcess origin 1\n" + url + "\n" + version.mark + "\n" + std::to_string(version.size) + "\n";
  return sha256(std::as_bytes(std::span(text)));
}

}  // namespace p2p
