// Where the server listens: what it makes, what it replaces, and what it never touches.
#include "peer/http/server_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/secret_files.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

/// Leaves a socket's name as a process does that was killed.
void leave_socket(const std::filesystem::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(descriptor);
}

std::string failure(const HttpPlace& place) {
  return test::ending_of([&] { ServerSocket socket(place); });
}

TEST_CASE("port 0 is one that is free, and the address says which", "[http]") {
  const ServerSocket one({});
  const ServerSocket other({});
  CHECK(one.url().starts_with("http://127.0.0.1:"));
  CHECK(one.url() != other.url());
  CHECK(one.is_local());
  CHECK_FALSE(one.is_unix());
}

TEST_CASE("a port that is in use is said to be", "[http]") {
  const ServerSocket one({});
  const std::string port = one.url().substr(17, one.url().size() - 18);
  CHECK(failure({.port = static_cast<std::uint16_t>(std::stoi(port))}) ==
        "65: cannot serve the status at 127.0.0.1:" + port + ": the port is in use; choose another one, or 0 for any");
}

TEST_CASE("all addresses are not this machine alone", "[http]") {
  CHECK_FALSE(ServerSocket({.host = "0.0.0.0"}).is_local());
  CHECK(ServerSocket({.host = "localhost"}).is_local());
  CHECK(failure({.host = "192.0.2.1"}).starts_with("28: cannot serve the status at 192.0.2.1:0: that is no address"));
}

TEST_CASE("a Unix socket is its owner's alone, and is gone in the end", "[http]") {
  const TempDir dir;
  {
    const ServerSocket socket({.path = dir / "s"});
    CHECK(test::mode_of(dir / "s") == 0600);
    CHECK(socket.url() == "unix:" + (dir / "s").string());
    CHECK(socket.is_unix());
  }
  CHECK_FALSE(std::filesystem::exists(dir / "s"));
}

TEST_CASE("a socket that a killed process left is replaced; one that somebody listens on is not", "[http]") {
  const TempDir dir;
  leave_socket(dir / "s");
  const ServerSocket socket({.path = dir / "s"});
  CHECK(failure({.path = dir / "s"}) ==
        "65: cannot serve the status at unix:" + (dir / "s").string() + ": another process serves there");
}

TEST_CASE("a file of the user's stays as it is", "[http]") {
  const TempDir dir;
  dir.write("s", "precious");
  CHECK(failure({.path = dir / "s"}).starts_with("17: cannot serve the status at unix:"));
  std::ifstream file(dir / "s");
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "precious");
  std::filesystem::create_directory(dir / "folder");
  CHECK(failure({.path = dir / "folder"}).starts_with("17:"));
  std::filesystem::create_symlink(dir / "s", dir / "link");
  CHECK(failure({.path = dir / "link"}).starts_with("17:"));
}

TEST_CASE("a name that has become somebody else's is not removed", "[http]") {
  const TempDir dir;
  {
    const ServerSocket socket({.path = dir / "s"});
    std::filesystem::remove(dir / "s");
    dir.write("s", "precious");
  }
  CHECK(std::filesystem::exists(dir / "s"));
}

TEST_CASE("a name that is too long is said to be", "[http]") {
  CHECK(failure({.path = std::string(200, 'x')}).find("1 to 107 bytes, not 200") != std::string::npos);
}

}  // namespace
}  // namespace p2p
