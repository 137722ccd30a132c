#include "peer/net/stream.hpp"

namespace p2p {

asio::awaitable<Moved> read_all(Stream& stream, asio::mutable_buffer buffer) {
  Moved all;
  while (all.bytes < buffer.size() && !all.error) {
    const std::array<asio::mutable_buffer, 2> rest{buffer + all.bytes, asio::mutable_buffer()};
    const Moved moved = co_await stream.read_some(rest);
    all.bytes += moved.bytes;
    all.error = moved.error;
  }
  co_return all;
}

asio::awaitable<Moved> write_all(Stream& stream, asio::const_buffer bytes, bool more) {
  Moved all;
  while (all.bytes < bytes.size() && !all.error) {
    const Moved moved = co_await stream.write_some(bytes + all.bytes, more);
    all.bytes += moved.bytes;
    all.error = moved.error;
  }
  co_return all;
}

}  // namespace p2p
