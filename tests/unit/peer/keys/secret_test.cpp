// What a process does that has a secret.
#include "peer/keys/secret.hpp"

#include <sys/prctl.h>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("a process with a secret leaves no core file, and others may not look into it", "[keys]") {
  const int before = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  keep_memory_private();
  CHECK(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
  ::prctl(PR_SET_DUMPABLE, before, 0, 0, 0);
}

}  // namespace
}  // namespace p2p
