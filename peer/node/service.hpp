// The service manager that started this process, if one did: NOTIFY_SOCKET and WATCHDOG_USEC in the environment.
//
// ServiceTalk decides; this sends, and gives a sign of life from the network thread, so that a loop that is stuck is
// noticed. The variables are taken out of the environment: what we start has nothing to say in our name. Everything on
// the network thread, but for beat().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "peer/net/asio.hpp"
#include "peer/net/notify_socket.hpp"
#include "peer/node/service_talk.hpp"

namespace p2p {

class Service {
 public:
  /// `io` outlives this.
  explicit Service(asio::io_context& io);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Whether anybody listens.
  bool listens() const { return socket_ != nullptr; }
  void ready() { send(talk_.ready()); }
  void status(std::string_view text);
  void stopping() { send(talk_.stopping()); }
  /// Calls it between the words that we read our configuration anew, and that we have.
  void reload(const std::function<void()>& read_anew);

  /// For the time in which the network thread is at work on something long that is not stuck: each call is a sign of
  /// life. Null where nobody waits for one. Any thread may call it; it may outlive this.
  struct Heartbeat {
    std::function<void()> beat;
    Duration interval;
  };
  std::optional<Heartbeat> heartbeat() const;

 private:
  void send(const std::string& message) const;
  void live();

  std::shared_ptr<const NotifySocket> socket_;  ///< Null: nobody listens.
  ServiceTalk talk_;
  asio::steady_timer timer_;
};

}  // namespace p2p
