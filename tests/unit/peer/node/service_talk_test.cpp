// What a service manager is told, and when.
#include "peer/node/service_talk.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

TEST_CASE("a process is ready once, and stops once", "[service]") {
  ServiceTalk talk({});
  CHECK(talk.ready() == "READY=1");
  CHECK(talk.ready() == "");
  CHECK(talk.stopping() == "STOPPING=1");
  CHECK(talk.stopping() == "");
}

TEST_CASE("whoever stops before it is ready never is", "[service]") {
  ServiceTalk talk({});
  CHECK(talk.stopping() == "STOPPING=1");
  CHECK(talk.ready() == "");
}

TEST_CASE("a reload is told from its begin, by the clock that the manager has, to its end", "[service]") {
  ServiceTalk talk({});
  CHECK(talk.reloading(kStart) == "");
  CHECK(talk.reloaded() == "");
  talk.ready();
  CHECK(talk.reloading(kStart + 7us) == "RELOADING=1\nMONOTONIC_USEC=3600000007");
  CHECK(talk.reloaded() == "READY=1");
  talk.stopping();
  CHECK(talk.reloading(kStart) == "");
  CHECK(talk.reloaded() == "");
}

TEST_CASE("a status is told when it has changed, at most once a second", "[service]") {
  ServiceTalk talk({});
  CHECK(talk.status("early", kStart) == "");
  talk.ready();
  CHECK(talk.status("one", kStart) == "STATUS=one");
  CHECK(talk.status("one", kStart + 2s) == "");
  CHECK(talk.status("two", kStart + 2s) == "STATUS=two");
  CHECK(talk.status("three", kStart + 2999ms) == "");
  CHECK(talk.status("four", kStart + 3s) == "STATUS=four");
  talk.stopping();
  CHECK(talk.status("late", kStart + 1h) == "");
}

TEST_CASE("no text of a status is another word to the manager", "[service]") {
  ServiceTalk talk({});
  talk.ready();
  CHECK(talk.status("a\nMAINPID=1\tb\x1b ü", kStart) == "STATUS=a MAINPID=1 b  ü");
}

TEST_CASE("signs of life come twice within the watchdog's time", "[service]") {
  CHECK(ServiceTalk(10s).interval() == Duration(5s));
  CHECK_FALSE(ServiceTalk({}).interval());
}

TEST_CASE("the watchdog's time is for the process that it names", "[service]") {
  CHECK(watchdog_of("2000000", nullptr, 17) == Duration(2s));
  CHECK(watchdog_of("2000000", "17", 17) == Duration(2s));
  CHECK_FALSE(watchdog_of("2000000", "18", 17));
  CHECK_FALSE(watchdog_of(nullptr, "17", 17));
  for (const char* const wrong : {"", "0", "-1", "2s", " 2", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(watchdog_of(wrong, nullptr, 17));
  }
  CHECK(watchdog_of("9223372036854775807", nullptr, 17) > Duration(24h * 365));
}

}  // namespace
}  // namespace p2p
