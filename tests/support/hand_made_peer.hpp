// The other end of a connection as a test plays it: it says what it is told to, and reads when it is told to.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "peer/net/asio.hpp"
#include "protocol/wire/encoder.hpp"
#include "tests/support/decoding.hpp"

namespace p2p::test {

class HandMadePeer {
 public:
  HandMadePeer(tcp::socket socket, const Geometry& geometry) : socket_(std::move(socket)), reading_(geometry) {
    socket_.non_blocking(true);
  }

  void say(const Bytes& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void greet(std::uint32_t id, const ReservedBytes& reserved = {}) {
    Bytes bytes;
    append_handshake({PeerId{id}, reserved}, bytes);
    say(bytes);
  }
  /// As many as the socket takes at once.
  std::size_t say_some(const Bytes& bytes) {
    std::error_code error;
    return socket_.write_some(asio::buffer(bytes), error);
  }
  void shutdown() { socket_.shutdown(tcp::socket::shutdown_send); }
  void close() { socket_.close(); }
  /// So that closing is a reset.
  void close_hard() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }

  /// All that it was told, as Reading shows it.
  std::string heard() {
    std::array<std::byte, 65536> block;
    std::error_code error;
    while (const std::size_t n = socket_.read_some(asio::buffer(block), error)) {
      bytes_ += n;
      reading_.feed(std::span(block).first(n));
    }
    if (error == asio::error::eof) ended_ = true;
    if (error && error != asio::error::would_block) closed_ = true;
    return reading_.items();
  }
  bool has_heard(std::string_view words) { return heard().find(words) != std::string::npos; }
  /// The remote has ended its half in order.
  bool hears_the_end() { return heard(), ended_; }
  /// The same, or it was reset.
  bool is_closed() { return heard(), closed_; }
  std::size_t bytes_heard() { return heard(), bytes_; }

 private:
  tcp::socket socket_;
  Reading reading_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace p2p::test
