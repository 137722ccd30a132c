// Our own bugs: checked in every build, because a swarm that goes on with a broken invariant spreads the damage.
// Never for what a remote or the operating system may do.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace p2p {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what);
  std::abort();
}

}  // namespace p2p

#define P2P_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::p2p::assertion_failed(#condition, __FILE__, __LINE__))
