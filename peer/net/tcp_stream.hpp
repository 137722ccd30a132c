// A plain TCP connection as a Stream.
#pragma once

#include "peer/net/stream.hpp"

namespace p2p {

class TcpStream final : public Stream {
 public:
  /// `socket` is connected. Sets what every connection wants: no delay of small segments, non-blocking, keep-alive.
  explicit TcpStream(tcp::socket socket);

  asio::any_io_executor executor() override { return socket_.get_executor(); }
  const Remote& remote() const override { return remote_; }
  asio::awaitable<std::error_code> establish() override { co_return std::error_code{}; }
  asio::awaitable<Moved> read_some(std::array<asio::mutable_buffer, 2> buffers) override;
  asio::awaitable<Moved> write_some(asio::const_buffer bytes, bool more) override;
  asio::awaitable<Moved> send_file(int descriptor, std::uint64_t offset, std::size_t count) override;
  void acknowledge() override;
  void bound_unread(std::size_t bytes) override;
  void cork(bool on) override;
  std::size_t unacknowledged() const override;
  void shutdown_send() override;
  void close() override;
  bool is_open() const override { return socket_.is_open(); }

  /// For a stream that seals what goes through this one.
  tcp::socket& socket() { return socket_; }

 private:
  mutable tcp::socket socket_;  ///< Asio asks for the descriptor of a mutable one.
  Remote remote_;
  bool turn_over_ = false;  ///< A turn's worth of a file was sent; the others come first.
  bool corked_ = false;
};

}  // namespace p2p
