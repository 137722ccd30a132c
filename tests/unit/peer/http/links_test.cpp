// Whose connection ends, and when, on virtual time.
#include "peer/http/links.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<HttpLinks::Id>;

constexpr Instant kStart{};

TEST_CASE("whoever says nothing whole for ten seconds goes, once", "[http]") {
  HttpLinks links(10, 10s);
  links.open(1, kStart);
  links.open(2, kStart + 1s);
  CHECK(links.overdue(kStart + 9s).empty());
  CHECK(links.overdue(kStart + 10s) == Ids{1});
  CHECK(links.overdue(kStart + 11s) == Ids{2});
  CHECK(links.overdue(kStart + 99s).empty());
  links.close(1);
  CHECK(links.size() == 1);
}

TEST_CASE("a request gives all the time that it takes, and the next one as much as the first", "[http]") {
  HttpLinks links(10, 10s);
  links.open(1, kStart);
  links.on_request(1, kStart + 9s);
  CHECK(links.overdue(kStart + 99s).empty());
  links.on_replied(1, kStart + 100s);
  CHECK(links.overdue(kStart + 109s).empty());
  CHECK(links.overdue(kStart + 110s) == Ids{1});
}

TEST_CASE("where there is no room, whoever has been idle for longest makes it", "[http]") {
  HttpLinks links(3, 10s);
  CHECK_FALSE(links.open(1, kStart));
  CHECK_FALSE(links.open(2, kStart + 1s));
  CHECK_FALSE(links.open(3, kStart + 2s));
  links.on_request(1, kStart + 2s);
  CHECK(links.open(4, kStart + 3s) == 2);
  CHECK(links.open(5, kStart + 3s) == 3);  // 2 is on its way out
}

TEST_CASE("where nobody is idle, whoever takes nothing makes room, but nobody who waits for us", "[http]") {
  HttpLinks links(3, 10s);
  for (const HttpLinks::Id id : {1, 2, 3}) {
    links.open(id, kStart);
    links.on_request(id, kStart + std::chrono::seconds(id));
  }
  links.on_waits(1, kStart + 1s);
  CHECK_FALSE(links.open(4, kStart + 11s));
  links.close(4);
  CHECK(links.open(4, kStart + 12s) == 2);
  links.close(4);
  links.on_takes(3, kStart + 13s);
  CHECK_FALSE(links.open(5, kStart + 14s));
}

}  // namespace
}  // namespace p2p
