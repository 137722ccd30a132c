// The datagram socket on which a service manager listens (sd_notify(3)).
//
// By hand rather than by libsystemd: the whole protocol is one datagram, documented as stable, and the library brings
// three others for compression and one for encryption into every process, and none of them into a static program.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace p2p {

class NotifySocket {
 public:
  /// `place` is what NOTIFY_SOCKET says: a path, or @ and an abstract name. Null where it says nothing that a socket
  /// could have as its name.
  static std::unique_ptr<NotifySocket> open(std::string_view place);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// Never waits. A message that cannot be sent is lost: who does not listen wants none. May be called from any thread.
  void send(std::string_view message) const;

 private:
  NotifySocket(int descriptor, std::string address) : descriptor_(descriptor), address_(std::move(address)) {}

  int descriptor_;
  std::string address_;  ///< The bytes of a sockaddr_un.
};

}  // namespace p2p
