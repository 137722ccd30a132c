// Connections that carry one text and nothing else (docs/PROTOCOL.md, "Fetching a manifest", "Asking for a catalog",
// "Asking for members"): the dialler's handshake says what it wants, the answer is a handshake and one message, after
// which both sides close.
//
// Everything runs on the network thread. Nobody is waited for without end, and memory grows with what has come, not
// with what was announced.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {

/// A stream that closes itself when its time is over, so that whoever waits for it goes on with an error.
struct TimedStream {
  explicit TimedStream(StreamPtr connected) : stream(std::move(connected)), deadline(stream->executor()) {}

  /// Instead of an earlier time. For this the stream must be owned by a shared_ptr.
  static void close_in(const std::shared_ptr<TimedStream>& self, std::chrono::seconds patience);
  void close();

  StreamPtr stream;
  asio::steady_timer deadline;
};

struct ReceivedText {
  bool declined = false;  ///< The other end closed without a word: it has nothing for that question.
  PeerId from;
  bool same_content = false;        ///< Its handshake speaks of what was asked for.
  std::optional<std::string> text;  ///< Not checked; none when it gave none, or something else than was asked for.
};

/// Asks on a connection that we opened: sends `wish`, and waits for an answer of that type, of at most `most_bytes`,
/// whose handshake shows the same content. Throws std::system_error when the connection ends or its time is over.
/// `on_growth`, which may be null, is told how much memory the text takes, each time that this changes. `behind`
/// follows the handshake at once.
asio::awaitable<ReceivedText> receive_text(std::shared_ptr<TimedStream> timed, PeerId self, Features wish,
                                           std::uint8_t type, std::size_t most_bytes,
                                           std::function<void(std::size_t)> on_growth = {},
                                           std::vector<std::byte> behind = {});

}  // namespace p2p
