#include "peer/node/service.hpp"

#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

std::shared_ptr<const NotifySocket> take_socket() {
  const char* const place = std::getenv("NOTIFY_SOCKET");
  std::shared_ptr<const NotifySocket> socket = place ? NotifySocket::open(place) : nullptr;
  ::unsetenv("NOTIFY_SOCKET");
  return socket;
}

std::optional<Duration> take_watchdog() {
  const auto watchdog = watchdog_of(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), ::getpid());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
  return watchdog;
}

}  // namespace

Service::Service(asio::io_context& io) : socket_(take_socket()), talk_(take_watchdog()), timer_(io) {
  if (socket_ && talk_.interval()) live();
}

void Service::live() {
  send(ServiceTalk::alive());
  timer_.expires_after(*talk_.interval());
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) live();
  });
}

void Service::status(std::string_view text) {
  if (socket_) send(talk_.status(text, now()));
}

void Service::reload(const std::function<void()>& read_anew) {
  send(talk_.reloading(now()));
  read_anew();
  send(talk_.reloaded());
}

std::optional<Service::Heartbeat> Service::heartbeat() const {
  if (!socket_ || !talk_.interval()) return std::nullopt;
  return Heartbeat{[socket = socket_] { socket->send(ServiceTalk::alive()); }, *talk_.interval()};
}

void Service::send(const std::string& message) const {
  if (socket_ && !message.empty()) socket_->send(message);
}

}  // namespace p2p
