#include "config/host.hpp"

#include <algorithm>

namespace p2p::config {

bool is_host(std::string_view host) {
  constexpr std::size_t kLongestName = 253;
  return !host.empty() && host.size() <= kLongestName && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '%';
  });
}

std::string_view without_brackets(std::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

}  // namespace p2p::config
