#include "peer/net/name_check.hpp"

#include <netdb.h>

#include <algorithm>
#include <future>

namespace p2p {
namespace {

constexpr std::size_t kAtOnce = 16;

bool resolves(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace

std::vector<std::string> unresolved(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const std::string& host : hosts)
    if (std::ranges::find(names, host) == names.end()) names.push_back(host);
  std::vector<std::string> unknown;
  for (std::size_t begin = 0; begin < names.size(); begin += kAtOnce) {
    const std::size_t end = std::min(names.size(), begin + kAtOnce);
    std::vector<std::future<bool>> answers;
    for (std::size_t i = begin; i < end; ++i) answers.push_back(std::async(std::launch::async, resolves, names[i]));
    for (std::size_t i = begin; i < end; ++i)
      if (!answers[i - begin].get()) unknown.push_back(names[i]);
  }
  return unknown;
}

}  // namespace p2p
