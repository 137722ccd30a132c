#include "peer/http/guard.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "peer/keys/secret_file.hpp"

namespace p2p {
namespace {

constexpr std::size_t kLongestHost = 255;
constexpr std::size_t kShortestToken = 16, kLongestToken = 256;
constexpr std::size_t kLongestBasic = 1024;

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

/// What stands behind the name of a scheme.
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
  if (header.size() < scheme.size() || !is_same_name(header.substr(0, scheme.size()), scheme)) return std::nullopt;
  return header.substr(scheme.size());
}

bool is_same_secret(std::string_view given, std::string_view secret) {
  return given.size() == secret.size() && ::CRYPTO_memcmp(given.data(), secret.data(), secret.size()) == 0;
}

}  // namespace

bool is_own_host(std::string_view header, std::string_view own) {
  const auto host = host_of(header);
  if (!host) return false;
  if (is_loopback(*host) || is_same_name(*host, own)) return true;
  return is_everything(std::string(own)) && (as_v4(*host) || as_v6(*host));
}

bool is_named(std::string_view header, std::span<const std::string> names) {
  const auto host = host_of(header);
  return host && std::ranges::any_of(names, [&](const std::string& name) { return is_same_name(*host, name); });
}

bool has_token(std::string_view header, std::string_view token) {
  const auto given = after_scheme(header, "Bearer ");
  return given && is_same_secret(*given, token);
}

bool has_basic_token(std::string_view header, std::string_view token) {
  const auto given = after_scheme(header, "Basic ");
  if (!given || given->size() > kLongestBasic || given->size() % 4 != 0) return false;
  SecretText plain(given->size() / 4 * 3);
  const int bytes =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(plain.characters().data()),
                        reinterpret_cast<const unsigned char*>(given->data()), static_cast<int>(given->size()));
  if (bytes < 0) return false;
  // The padding stands for bytes that are none.
  const auto padding =
      static_cast<std::size_t>(std::ranges::count(given->substr(given->size() < 2 ? 0 : given->size() - 2), '='));
  plain.cut(static_cast<std::size_t>(bytes) - padding);
  const std::size_t colon = plain.view().find(':');
  return colon != std::string_view::npos && is_same_secret(plain.view().substr(colon + 1), token);
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
