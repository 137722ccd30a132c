// Why a dial fails is said: what a user does about a name that nobody knows is not what he does about a closed port.
#include "peer/net/dialer.hpp"

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Kind = DialFailure::Kind;

DialFailure failure_of(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  std::optional<DialFailure> failure;
  dial(
      io, host, port, [](const StreamPtr&) { FAIL("connected"); }, [&](const DialFailure& why) { failure = why; });
  io.run_for(std::chrono::seconds(60));
  REQUIRE(failure);
  return *failure;
}

std::uint16_t closed_port(asio::io_context& io, std::optional<tcp::acceptor>& held) {
  // Bound and not listening: nobody else gets it, and who dials it is refused.
  held.emplace(io, tcp::v4());
  held->bind({asio::ip::address_v4::loopback(), 0});
  return held->local_endpoint().port();
}

DialFailure of_system(int error) { return describe_failure("10.5.0.1", 6001, {error, std::system_category()}); }

TEST_CASE("a name that nobody knows is not resolved", "[net][dialer]") {
  const DialFailure failure = failure_of("nosuch.invalid", 7000);
  CHECK(failure.kind == Kind::not_resolved);
  CHECK(failure.text.starts_with("cannot resolve nosuch.invalid"));
}

TEST_CASE("a port where nobody listens refuses", "[net][dialer]") {
  asio::io_context io;
  std::optional<tcp::acceptor> held;
  const std::uint16_t port = closed_port(io, held);
  CHECK(failure_of("127.0.0.1", port) ==
        DialFailure{Kind::refused,
                    "127.0.0.1 port " + std::to_string(port) + " refuses the connection",
                    {Origin::of(Origin::V4{std::byte{127}, std::byte{0}, std::byte{0}, std::byte{1}})}});
  // Also of a name with an address of a protocol that this machine may not have.
  CHECK(failure_of("localhost", port).kind == Kind::refused);
}

TEST_CASE("what the system says of a dial is classified", "[net][dialer]") {
  CHECK(of_system(ETIMEDOUT) == DialFailure{Kind::timed_out, "10.5.0.1 port 6001 does not answer"});
  for (const int error : {ENETUNREACH, EHOSTUNREACH, ENETDOWN})
    CHECK(of_system(error) == DialFailure{Kind::no_route, "no route to 10.5.0.1 port 6001"});
  CHECK(of_system(EMFILE).kind == Kind::other);
  CHECK(of_system(EMFILE).text.starts_with("10.5.0.1 port 6001: "));
  const DialFailure no_server = describe_failure("x", 1, asio::error::host_not_found_try_again);
  CHECK(no_server == DialFailure{Kind::not_resolved, "cannot resolve x: the name server does not answer"});
}

TEST_CASE("a dial ends in a connection to who listens, by an address or by a name", "[net][dialer]") {
  for (const char* const host : {"127.0.0.1", "localhost"}) {
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const std::uint16_t port = acceptor.local_endpoint().port();
    StreamPtr stream;
    dial(
        io, host, port, [&](StreamPtr connected) { stream = std::move(connected); },
        [](const DialFailure& why) { FAIL(why.text); });
    CHECK_FALSE(stream);  // never before it returns
    io.run();
    REQUIRE(stream);
    CHECK(stream->is_open());
    CHECK(stream->remote().address == asio::ip::address_v4::loopback());
    CHECK(stream->remote().port == port);
  }
}

}  // namespace
}  // namespace p2p
