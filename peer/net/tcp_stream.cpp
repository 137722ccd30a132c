#include "peer/net/tcp_stream.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace p2p {
namespace {

// The most that one call sends of a file, so that a fast receiver of a large piece does not keep the thread from
// others.
constexpr std::size_t kTurnBytes = 1u << 20;
// A silent connection is legal for ever; these find out that the remote's machine is gone.
constexpr int kKeepaliveIdle_s = 30;
constexpr int kKeepaliveInterval_s = 10;

}  // namespace

TcpStream::TcpStream(tcp::socket socket) : socket_(std::move(socket)) {
  // Best effort: a socket that refuses one of these still works.
  std::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket_.native_handle();
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepaliveIdle_s, sizeof kKeepaliveIdle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepaliveInterval_s, sizeof kKeepaliveInterval_s);
  std::error_code error;
  const tcp::endpoint endpoint = socket_.remote_endpoint(error);
  if (!error) remote_ = {endpoint.address(), endpoint.port()};
}

asio::awaitable<Moved> TcpStream::read_some(std::array<asio::mutable_buffer, 2> buffers) {
  const auto [error, bytes] = co_await socket_.async_read_some(buffers, use_result);
  co_return Moved{error, bytes};
}

asio::awaitable<Moved> TcpStream::write_some(asio::const_buffer bytes, bool more) {
  const int flags = more ? MSG_MORE : 0;
  const auto [error, count] = co_await socket_.async_send(asio::buffer(bytes), flags, use_result);
  co_return Moved{error, count};
}

asio::awaitable<Moved> TcpStream::send_file(int descriptor, std::uint64_t offset, std::size_t count) {
  if (std::exchange(turn_over_, false)) {
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, use_result);
    if (error) co_return Moved{error};
  }
  for (;;) {
    auto at = static_cast<off_t>(offset);
    const ssize_t n = ::sendfile(socket_.native_handle(), descriptor, &at, std::min(count, kTurnBytes));
    if (n >= 0) {
      turn_over_ = n > 0 && static_cast<std::size_t>(n) < count;
      co_return Moved{{}, static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return Moved{{errno, std::system_category()}};
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, use_result);
    if (error) co_return Moved{error};
  }
}

void TcpStream::acknowledge() {
  constexpr int kOn = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &kOn, sizeof kOn);
}

void TcpStream::bound_unread(std::size_t bytes) {
  std::error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(bytes)), ignored);
}

void TcpStream::cork(bool on) {
  if (std::exchange(corked_, on) == on) return;
  const int value = on;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

std::size_t TcpStream::unacknowledged() const {
  int queued = 0;
  ::ioctl(socket_.native_handle(), SIOCOUTQ, &queued);
  return static_cast<std::size_t>(std::max(queued, 0));
}

void TcpStream::shutdown_send() {
  std::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpStream::close() {
  std::error_code ignored;
  socket_.close(ignored);
}

}  // namespace p2p
