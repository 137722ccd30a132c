// The socket that the HTTP server listens on: TCP, or a Unix socket that only its owner can connect to.
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <filesystem>
#include <string>

#include "peer/ground/exit_code.hpp"
#include "peer/ground/http_place.hpp"

namespace p2p {

/// Listens from its making to its end.
class ServerSocket {
 public:
  /// `what` is served there, for messages. A Unix socket has mode 600 from the beginning. One that a process of ours
  /// left, because nobody listens there any more, is replaced; whatever else has the name stays as it is. Throws
  /// ExitError: port_in_use (somebody listens there), usage (a name that is too long, a host that is no address of this
  /// machine), io (something that is no socket has the name), network.
  explicit ServerSocket(const HttpPlace& place, std::string what = "the status");
  /// Removes the Unix socket, if its name is still its own.
  ~ServerSocket();
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;

  int descriptor() const { return descriptor_; }
  bool is_unix() const { return !path_.empty(); }
  /// Nobody but this machine reaches it.
  bool is_local() const { return local_; }
  /// "http://127.0.0.1:8080/" or "unix:/run/p1".
  const std::string& url() const { return url_; }

 private:
  void listen_tcp(const HttpPlace& place);
  void listen_unix(const std::filesystem::path& path);

  [[noreturn]] void fail(ExitCode code, const std::string& where, const std::string& why) const;
  sockaddr_un unix_address(const std::filesystem::path& path) const;
  void make_place(const sockaddr_un& address, const std::string& where) const;

  std::string what_;
  int descriptor_ = -1;
  bool local_ = true;
  std::string url_;
  std::filesystem::path path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace p2p
