// A service manager's socket, played by a socket of the test.
#include "peer/net/notify_socket.hpp"

#include <unistd.h>

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/listening.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

TEST_CASE("each message arrives as it is, at a path and at an abstract name", "[service]") {
  const test::TempDir dir;
  const std::string path = (dir / "notify").string();
  for (const std::string& place : {path, "@peerProcess-test-" + std::to_string(::getpid())}) {
    CAPTURE(place);
    const test::Listening manager(place);
    const auto socket = NotifySocket::open(place);
    REQUIRE(socket);
    socket->send("READY=1");
    socket->send("RELOADING=1\nMONOTONIC_USEC=7");
    CHECK(manager.hears() == "READY=1");
    CHECK(manager.hears() == "RELOADING=1\nMONOTONIC_USEC=7");
    CHECK(manager.hears().empty());
  }
}

TEST_CASE("nobody who listens, and one that takes nothing, hold up nobody", "[service]") {
  const test::TempDir dir;
  NotifySocket::open((dir / "nobody").string())->send("READY=1");
  const test::Listening full((dir / "full").string());
  const auto socket = NotifySocket::open((dir / "full").string());
  for (int i = 0; i < 10'000; ++i) socket->send("WATCHDOG=1");
  CHECK(full.hears() == "WATCHDOG=1");
}

TEST_CASE("what is no socket's name is none", "[service]") {
  for (const std::string& place : {std::string(), std::string("@"), std::string("/"), std::string("relative"),
                                   std::string("vsock:2:1234"), "/" + std::string(200, 'x')}) {
    CAPTURE(place);
    CHECK_FALSE(NotifySocket::open(place));
  }
}

}  // namespace
}  // namespace p2p
