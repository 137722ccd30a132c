// A datagram socket of the test, as a service manager listens at.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "tests/support/catch.hpp"

namespace p2p::test {

/// Listens at a path, or at an abstract name that begins with @.
class Listening {
 public:
  explicit Listening(const std::string& place) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(place.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, place.data(), place.size());
    const bool is_abstract = place[0] == '@';
    if (is_abstract) address.sun_path[0] = '\0';
    const auto size = offsetof(sockaddr_un, sun_path) + place.size() + (is_abstract ? 0 : 1);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
  }
  ~Listening() { ::close(socket_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  /// Empty: nothing has come.
  std::string hears() const {
    char text[4096];
    const ssize_t n = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? std::string() : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  int socket_;
};

}  // namespace p2p::test
