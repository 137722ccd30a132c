#include "peer/http/guard.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace p2p {
namespace {

constexpr std::size_t kLongestHost = 255;
constexpr std::size_t kShortestToken = 16, kLongestToken = 256;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

/// The host without its port and brackets; none when it is no Host header at all.
std::optional<std::string> host_of(std::string_view header) {
  const bool is_bracketed = header.starts_with('[');
  const std::size_t end = is_bracketed ? header.find(']') : header.find(':');
  if (is_bracketed && end == std::string_view::npos) return std::nullopt;
  const std::string_view host = is_bracketed ? header.substr(1, end - 1) : header.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : header.substr(end + (is_bracketed ? 1 : 0));
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    rest.remove_prefix(1);
    if (!std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  }
  if (host.empty() || host.size() > kLongestHost) return std::nullopt;
  return std::string(host);
}

std::optional<in_addr> as_v4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ? std::optional(address) : std::nullopt;
}

std::optional<in6_addr> as_v6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1 ? std::optional(address) : std::nullopt;
}

bool is_loopback(const std::string& host) {
  if (is_same_name(host, "localhost")) return true;
  if (const auto v4 = as_v4(host)) return ntohl(v4->s_addr) >> 24 == 127;
  const auto v6 = as_v6(host);
  return v6 && IN6_IS_ADDR_LOOPBACK(&*v6);
}

bool is_everything(const std::string& host) {
  if (const auto v4 = as_v4(host)) return v4->s_addr == INADDR_ANY;
  const auto v6 = as_v6(host);
  return v6 && IN6_IS_ADDR_UNSPECIFIED(&*v6);
}

}  // namespace

bool is_own_host(std::string_view header, std::string_view own) {
  const auto host = host_of(header);
  if (!host) return false;
  if (is_loopback(*host) || is_same_name(*host, own)) return true;
  return is_everything(std::string(own)) && (as_v4(*host) || as_v6(*host));
}

bool has_token(std::string_view header, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (header.size() < kScheme.size() || !is_same_name(header.substr(0, kScheme.size()), kScheme)) return false;
  const std::string_view given = header.substr(kScheme.size());
  return given.size() == token.size() && ::CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

std::string token_fault(std::string_view token) {
  if (token.size() < kShortestToken || token.size() > kLongestToken)
    return "has " + std::to_string(token.size()) + " characters, expected " + std::to_string(kShortestToken) + " to " +
           std::to_string(kLongestToken);
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; }))
    return "has characters other than visible ASCII";
  return {};
}

}  // namespace p2p
