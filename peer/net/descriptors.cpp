#include "peer/net/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace p2p {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint32_t spare_connections(std::uint32_t neighbors) {
  // Standard streams, content, log, listeners, the event loop's own and a name to resolve now and then.
  constexpr std::uint64_t kOwnFiles = 32;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
  const std::uint64_t bound = kOwnFiles + 2 * std::uint64_t{neighbors};
  return limit.rlim_cur > bound
             ? static_cast<std::uint32_t>(std::min<std::uint64_t>(limit.rlim_cur - bound, UINT32_MAX))
             : 0;
}

}  // namespace p2p
