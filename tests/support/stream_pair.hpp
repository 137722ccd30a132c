// Two ends of a connection over the loopback, and how a test waits for what comes of it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "peer/net/tcp_stream.hpp"
#include "tests/support/catch.hpp"

namespace p2p::test {

/// Runs until the condition holds. The deadline only ends a hang.
template <class Condition>
void run_until(asio::io_context& io, Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    io.restart();
    io.run_for(std::chrono::milliseconds(5));
  }
}

/// Bytes that look alike nowhere near each other.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

/// The sockets of a connection, ours and theirs.
inline std::pair<tcp::socket, tcp::socket> connected(asio::io_context& io) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::pair<tcp::socket, tcp::socket> sockets{io, io};
  sockets.first.connect(acceptor.local_endpoint());
  acceptor.accept(sockets.second);
  return sockets;
}

struct StreamPair {
  StreamPair() {
    auto [ours, theirs] = connected(io);
    a = std::make_unique<TcpStream>(std::move(ours));
    b = std::make_unique<TcpStream>(std::move(theirs));
  }

  asio::io_context io{1};
  StreamPtr a, b;
};

/// A stream that moves at most so many bytes at a time.
class ThinStream final : public Stream {
 public:
  ThinStream(StreamPtr stream, std::size_t most) : stream_(std::move(stream)), most_(most) {}

  asio::any_io_executor executor() override { return stream_->executor(); }
  const Remote& remote() const override { return stream_->remote(); }
  asio::awaitable<std::error_code> establish() override { return stream_->establish(); }
  asio::awaitable<Moved> read_some(std::array<asio::mutable_buffer, 2> buffers) override {
    const std::size_t first = std::min(buffers[0].size(), most_);
    return stream_->read_some({asio::buffer(buffers[0], first), asio::buffer(buffers[1], most_ - first)});
  }
  asio::awaitable<Moved> write_some(asio::const_buffer bytes, bool more) override {
    return stream_->write_some(asio::buffer(bytes, most_), more);
  }
  asio::awaitable<Moved> send_file(int descriptor, std::uint64_t offset, std::size_t count) override {
    return stream_->send_file(descriptor, offset, std::min(count, most_));
  }
  void acknowledge() override { stream_->acknowledge(); }
  void bound_unread(std::size_t bytes) override { stream_->bound_unread(bytes); }
  void cork(bool on) override { stream_->cork(on); }
  std::size_t unacknowledged() const override { return stream_->unacknowledged(); }
  void shutdown_send() override { stream_->shutdown_send(); }
  void close() override { stream_->close(); }
  bool is_open() const override { return stream_->is_open(); }

 private:
  StreamPtr stream_;
  std::size_t most_;
};

}  // namespace p2p::test
