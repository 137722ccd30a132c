// One connection: moves bytes between the stream, the decoder, the piece store and the swarm. Decides nothing.
//
// Two coroutines. The reader decodes and tells the swarm; a piece's payload goes straight into a pooled buffer. The
// writer pulls from the swarm when the stream has room; a piece's payload goes out from its file. The connection lives
// until both have ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/buffer_pool.hpp"
#include "peer/node/link_meter.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/wire/decoder.hpp"

namespace p2p {

class Exchange;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `stream` is connected; `received` was read from it already. `exchange` outlives the connection's coroutines.
  Connection(StreamPtr stream, LinkId link, Exchange& exchange, std::span<const std::byte> received);

  void start();
  /// The swarm has something to send on this link.
  void wake();
  /// Ends the connection at once; its coroutines end soon after.
  void close();
  /// Sends what is due (see Exchange::finish), half-closes, and ends when the remote ends.
  void finish(bool drain);
  /// Tells the swarm whether the stream is full and whether anything has left it since the last call.
  void report_sending();
  LinkMeter& meter() { return meter_; }

 private:
  static asio::awaitable<void> read_loop(std::shared_ptr<Connection> self);
  static asio::awaitable<void> write_loop(std::shared_ptr<Connection> self);

  asio::awaitable<bool> read_some();
  asio::awaitable<bool> read_payload();
  asio::awaitable<bool> read_rest(std::byte* to, std::uint32_t left);
  asio::awaitable<bool> pay(std::uint32_t bytes);
  void count_received(std::uint32_t bytes);
  void finish_payload(PieceBuffer buffer);
  bool take_item();
  asio::awaitable<bool> write_frames(bool more_follows);
  asio::awaitable<bool> send_payload(PieceIndex piece);
  void end(std::string reason);

  StreamPtr stream_;
  LinkId link_;
  Exchange& exchange_;
  Decoder decoder_;

  std::vector<std::byte> input_buffer_;  ///< Room for a handshake until one has come.
  std::span<const std::byte> input_;     ///< Bytes that are read and not yet decoded.
  Bytes output_;
  asio::steady_timer wake_;                     ///< Never expires; cancelling it wakes the writer.
  std::unique_ptr<Throttle::Meter> up_, down_;  ///< Null without a limit.
  LinkMeter meter_;
  std::string end_reason_;
  bool greeted_ = false;
  bool writing_ = false;      ///< The writer waits for the stream.
  std::uint64_t writes_ = 0;  ///< How often that was over.
  /// What was last reported: writes_, and the bytes that the remote had not acknowledged then.
  std::optional<std::pair<std::uint64_t, std::size_t>> reported_;
  bool closed_ = false;
  bool finishing_ = false;
  bool drain_ = true;
};

}  // namespace p2p
