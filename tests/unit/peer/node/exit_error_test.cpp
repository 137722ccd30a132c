// How a process leaves whose store cannot be used.
#include "peer/node/exit_error.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("each fault of a store has its exit code", "[exit]") {
  CHECK(static_cast<int>(exit_code(StoreFault::unusable)) == 17);
  CHECK(static_cast<int>(exit_code(StoreFault::full)) == 9);
  CHECK(static_cast<int>(exit_code(StoreFault::mismatch)) == 32);
  CHECK(static_cast<int>(exit_code(StoreFault::no_list)) == 64);
}

}  // namespace
}  // namespace p2p
