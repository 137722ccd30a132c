// How many connections fit into the descriptors that the process may have.
#include "peer/net/descriptors.hpp"

#include <sys/resource.h>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// While it lives, the soft limit is this one.
class SoftLimit {
 public:
  explicit SoftLimit(rlim_t files) {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    rlimit changed = old_;
    changed.rlim_cur = files;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &changed) == 0);
  }
  ~SoftLimit() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

rlimit limits() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

TEST_CASE("the soft limit becomes the hard one", "[descriptors]") {
  const SoftLimit low(64);
  raise_descriptor_limit();
  CHECK(limits().rlim_cur == limits().rlim_max);
  raise_descriptor_limit();
  CHECK(limits().rlim_cur == limits().rlim_max);
}

TEST_CASE("neighbors take two descriptors each, the process 32, and the others are spare", "[descriptors]") {
  const SoftLimit limit(256);
  CHECK(spare_connections(0) == 224);
  CHECK(spare_connections(5) == 214);
  CHECK(spare_connections(111) == 2);
  CHECK(spare_connections(112) == 0);
  CHECK(spare_connections(1000) == 0);
  CHECK(spare_connections(UINT32_MAX) == 0);
}

}  // namespace
}  // namespace p2p
