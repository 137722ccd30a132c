#include "peer/origin/origin_url.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>

namespace p2p {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

/// RFC 3986, section 2.3.
bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

std::optional<unsigned> hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char small = lower(c);
  if (small >= 'a' && small <= 'f') return static_cast<unsigned>(small - 'a' + 10);
  return std::nullopt;
}

[[noreturn]] void fail(const std::string& what) { throw std::invalid_argument(what); }

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_value(text[i + 2]) : std::nullopt;
    if (!high || !low || *high * 16 + *low == 0)
      fail("has a % in its credentials without two hexadecimal digits behind it");
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

/// Without its port, in lower case.
std::string host_of(std::string_view authority, std::string_view& port) {
  std::size_t end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    const std::string_view address = authority.substr(1, bracket == std::string_view::npos ? bracket : bracket - 1);
    const auto fits = [](char c) { return hex_value(c) || c == ':' || c == '.'; };
    if (bracket == std::string_view::npos || address.empty() || !std::ranges::all_of(address, fits))
      fail("has brackets around something that is no IPv6 address");
    end = bracket + 1;
  } else {
    const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; };
    if (authority.substr(0, end).empty() || !std::ranges::all_of(authority.substr(0, end), fits))
      fail("has no host, or one with characters that no host has");
  }
  if (end < authority.size()) {
    if (authority[end] != ':') fail("has something behind the bracket of its host that is no port");
    port = authority.substr(end + 1);
  }
  return lower(authority.substr(0, end));
}

}  // namespace

OriginUrl::OriginUrl(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https"))
    fail("is no URL that begins with http:// or https://");
  std::string_view rest = text.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos)
    fail("has a query or a fragment, expected a URL to which paths can be added");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = authority.substr(0, at);
    const std::size_t between = std::min(credentials.find(':'), credentials.size());
    user_ = decoded(credentials.substr(0, between));
    if (between < credentials.size()) password_ = decoded(credentials.substr(between + 1));
    authority = authority.substr(at + 1);
  }
  std::string_view port;
  text_ = scheme + "://" + host_of(authority, port);
  if (port.size() > 5 || port.find_first_not_of(kDigits) != std::string_view::npos || port.starts_with('0') ||
      (!port.empty() && std::stoul(std::string(port)) > 65'535))
    fail("has a port that is no number from 1 to 65,535");
  if (!port.empty() && port != (scheme == "http" ? "80" : "443")) text_ += ":" + std::string(port);
  const auto fits = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  };
  if (!std::ranges::all_of(path, fits)) fail("has characters in its path that have to be written as %XX");
  text_ += path;
  if (!path.ends_with('/')) text_ += '/';
}

std::string OriginUrl::of(std::string_view path) const {
  std::string url = text_;
  for (const char c : path) {
    if (is_unreserved(c) || c == '/') {
      url += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    url += {'%', kHexDigits[byte / 16], kHexDigits[byte % 16]};
  }
  return url;
}

}  // namespace p2p
