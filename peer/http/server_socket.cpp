#include "peer/http/server_socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

constexpr int kBacklog = 128;

std::string last_error() { return std::strerror(errno); }

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  sockaddr_in6 v6{};  // the port is at the same place in both
  std::memcpy(&v6, &address, sizeof v6);
  return ntohs(v6.sin6_port);
}

/// Whether somebody listens there. Anything that is not a clear no counts as a yes.
bool somebody_listens(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::close(probe);
  return result == 0 || (error != ECONNREFUSED && error != ENOENT);
}

}  // namespace

ServerSocket::ServerSocket(const HttpPlace& place, std::string what) : what_(std::move(what)) {
  try {
    place.path.empty() ? listen_tcp(place) : listen_unix(place.path);
  } catch (...) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw;
  }
}

ServerSocket::~ServerSocket() {
  ::close(descriptor_);
  struct stat there {};
  if (!path_.empty() && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_)
    ::unlink(path_.c_str());
}

void ServerSocket::listen_tcp(const HttpPlace& place) {
  const std::string shown = place.host.find(':') != std::string::npos ? "[" + place.host + "]" : place.host;
  const std::string where = shown + ":" + std::to_string(place.port);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found))
    fail(ExitCode::usage, where, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, ::freeaddrinfo);
  descriptor_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) fail(ExitCode::network, where, last_error());
  const int on = 1;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->ai_family == AF_INET6) ::setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(descriptor_, address->ai_addr, address->ai_addrlen) != 0 || ::listen(descriptor_, kBacklog) != 0) {
    if (errno == EADDRINUSE) fail(ExitCode::port_in_use, where, "the port is in use; choose another one, or 0 for any");
    if (errno == EADDRNOTAVAIL) fail(ExitCode::usage, where, "that is no address of this machine");
    fail(ExitCode::network, where, last_error());
  }
  local_ = is_loopback(*address->ai_addr);
  url_ = "http://" + shown + ":" + std::to_string(port_of(descriptor_)) + "/";
}

void ServerSocket::listen_unix(const std::filesystem::path& path) {
  const sockaddr_un address = unix_address(path);
  url_ = "unix:" + path.string();
  make_place(address, url_);
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) fail(ExitCode::network, url_, last_error());
  // Of a socket that has no name yet: its name is made with this mode, so that there is no moment with another one.
  ::fchmod(descriptor_, S_IRUSR | S_IWUSR);
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(errno == EADDRINUSE ? ExitCode::port_in_use : ExitCode::io, url_, last_error());
  path_ = std::filesystem::absolute(path);
  struct stat made {};
  if (::lstat(address.sun_path, &made) == 0) {
    device_ = made.st_dev;
    inode_ = made.st_ino;
  }
  if ((made.st_mode & (S_IRWXG | S_IRWXO)) != 0 || ::listen(descriptor_, kBacklog) != 0) {
    const std::string why = last_error();
    ::unlink(address.sun_path);
    fail(ExitCode::io, url_, "it cannot be kept from others, or not be listened on: " + why);
  }
}

void ServerSocket::fail(ExitCode code, const std::string& where, const std::string& why) const {
  throw ExitError(code, "cannot serve " + what_ + " at " + config::printable(where) + ": " + why);
}

sockaddr_un ServerSocket::unix_address(const std::filesystem::path& path) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.empty() || name.size() >= sizeof address.sun_path)
    fail(ExitCode::usage, "unix:" + name,
         "the name of a Unix socket has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes, not " +
             std::to_string(name.size()));
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

/// Removes what a process left that is gone.
void ServerSocket::make_place(const sockaddr_un& address, const std::string& where) const {
  struct stat there {};
  if (::lstat(address.sun_path, &there) != 0) return;
  if (!S_ISSOCK(there.st_mode))
    fail(ExitCode::io, where, "something that is no socket has this name, and stays as it is; choose another name");
  if (somebody_listens(address)) fail(ExitCode::port_in_use, where, "another process serves there");
  if (there.st_uid != ::geteuid())
    fail(ExitCode::io, where, "another user's socket has this name, and stays as it is; choose another name");
  ::unlink(address.sun_path);
}

}  // namespace p2p
