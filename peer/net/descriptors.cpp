#include "peer/net/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace p2p {

std::uint32_t spare_connections(std::uint32_t neighbors) {
  // Standard streams, content, log, listeners, the event loop's own and a name to resolve now and then.
  constexpr std::uint64_t kOwnFiles = 32;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const std::uint64_t bound = kOwnFiles + 2 * std::uint64_t{neighbors};
  return limit.rlim_cur > bound ? static_cast<std::uint32_t>(std::min<std::uint64_t>(limit.rlim_cur - bound, UINT32_MAX)) : 0;
}

}  // namespace p2p
