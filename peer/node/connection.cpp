#include "peer/node/connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>

#include "peer/ground/clock.hpp"
#include "peer/node/exchange.hpp"

namespace p2p {
namespace {

// Anybody can open a connection; what it costs us is small until a handshake has come.
constexpr std::size_t kGreetingBytes = 64;
constexpr std::size_t kInputBytes = 16 * 1024;
// Of pieces up to kSmallPiece one read takes several, and what they lead to (requests, haves, log) goes out together.
// Larger ones are read to their place anyway.
constexpr std::size_t kSmallPiece = 64 * 1024;
constexpr std::size_t kSmallPiecesInputBytes = 128 * 1024;

}  // namespace

Connection::Connection(StreamPtr stream, LinkId link, Exchange& exchange, std::span<const std::byte> received)
    : stream_(std::move(stream)),
      link_(link),
      exchange_(exchange),
      decoder_(exchange.swarm().geometry(), exchange.swarm().names_peers(), exchange.swarm().has_upstream()),
      input_buffer_(std::max(kGreetingBytes, received.size())),
      wake_(stream_->executor(), asio::steady_timer::time_point::max()) {
  std::ranges::copy(received, input_buffer_.begin());
  input_ = std::span(input_buffer_).first(received.size());
  if (const auto& limit = exchange.limits().up()) up_ = std::make_unique<Throttle::Meter>(limit);
  if (const auto& limit = exchange.limits().down()) down_ = std::make_unique<Throttle::Meter>(limit);
}

void Connection::start() {
  spawn(stream_->executor(), read_loop(shared_from_this()));
  spawn(stream_->executor(), write_loop(shared_from_this()));
}

void Connection::wake() { wake_.cancel(); }

void Connection::close() {
  closed_ = true;
  stream_->close();
  if (up_) up_->close();
  if (down_) down_->close();
  wake();
}

void Connection::finish(bool drain) {
  finishing_ = true;
  drain_ = drain;
  wake();
}

void Connection::report_sending() {
  if (!writing_) {
    if (std::exchange(reported_, std::nullopt)) exchange_.swarm().on_send_resumed(link_);
    return;
  }
  // A stream has room again only when much of it is free; what is acknowledged shows slower progress, too.
  const std::pair state(writes_, stream_->unacknowledged());
  if (reported_ == state) return;
  reported_ = state;
  exchange_.swarm().on_send_blocked(link_, now());
}

void Connection::end(std::string reason) {
  if (end_reason_.empty()) end_reason_ = std::move(reason);
  close();
}

// --- reading -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Connection::read_loop(std::shared_ptr<Connection> self) {
  while (!self->closed_) {
    if (self->decoder_.payload_left() > 0) {
      if (const bool more = co_await self->read_payload(); !more) break;
    } else if (!self->input_.empty()) {
      if (!self->take_item()) break;
    } else {
      self->exchange_.carry_out();
      if (self->closed_) break;
      if (const bool more = co_await self->read_some(); !more) break;
    }
  }
  self->close();
  self->exchange_.remove(self->link_, self->end_reason_);
}

asio::awaitable<bool> Connection::read_some() {
  if (greeted_ && input_buffer_.size() < kInputBytes)
    input_buffer_.resize(exchange_.swarm().geometry().largest_size() <= kSmallPiece ? kSmallPiecesInputBytes
                                                                                    : kInputBytes);
  if (exchange_.swarm().awaits_acknowledgement(link_)) stream_->acknowledge();
  const std::array<asio::mutable_buffer, 2> targets{asio::buffer(input_buffer_), asio::mutable_buffer()};
  const auto [error, bytes] = co_await stream_->read_some(targets);
  if (error) {
    end(error == asio::error::eof ? "the remote ended the connection" : error.message());
    co_return false;
  }
  input_ = std::span(input_buffer_).first(bytes);
  co_return true;
}

/// Decodes one item and tells the swarm. False: the connection is over.
bool Connection::take_item() {
  struct Tell {
    Connection& connection;
    Swarm& swarm;
    LinkId link;
    bool operator()(const NeedInput&) const { return true; }
    bool operator()(const Handshake& handshake) const {
      connection.greeted_ = true;
      swarm.on_handshake(link, handshake, now());
      return true;
    }
    bool operator()(const Message& message) const {
      swarm.on_message(link, message, now());
      // A chunk may have no bytes; then all of it has come.
      if (const auto* head = std::get_if<PieceHead>(&message); head && head->length == 0) connection.finish_payload({});
      return true;
    }
    bool operator()(const Violation& violation) const {
      swarm.on_violation(link, violation, now());
      return false;
    }
  };
  return std::visit(Tell{*this, exchange_.swarm(), link_}, decoder_.next(input_));
}

/// Reads the payload that the decoder stands before, into a buffer or to nowhere. False: the connection is over.
asio::awaitable<bool> Connection::read_payload() {
  const std::uint32_t length = decoder_.payload_left();
  if (input_.empty()) {
    // A buffer is taken only when payload is there: a head alone must not bind memory.
    exchange_.carry_out();
    if (closed_) co_return false;
    if (const bool more = co_await read_some(); !more) co_return false;
  }
  PieceBuffer buffer;
  if (exchange_.swarm().payload_wanted(link_)) {
    exchange_.carry_out();
    if (closed_) co_return false;
    if (length > exchange_.buffers().piece_size())
      buffer = exchange_.map_buffer(link_);
    else
      buffer = co_await exchange_.buffers().acquire();
    if (closed_) co_return false;
  }
  while (decoder_.payload_left() > 0) {
    if (input_.empty()) {
      exchange_.carry_out();
      if (closed_) co_return false;
      if (buffer) {
        if (const bool more =
                co_await read_rest(buffer.data() + (length - decoder_.payload_left()), decoder_.payload_left());
            !more)
          co_return false;
      } else {
        if (const bool more = co_await read_some(); !more) co_return false;
      }
      continue;
    }
    const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(input_.size(), decoder_.payload_left()));
    if (down_)
      if (const bool paid = co_await pay(n); !paid) co_return false;
    if (buffer) std::memcpy(buffer.data() + (length - decoder_.payload_left()), input_.data(), n);
    input_ = input_.subspan(n);
    decoder_.payload_taken(n);
    count_received(n);
  }
  finish_payload(std::move(buffer));
  co_return true;
}

void Connection::count_received(std::uint32_t bytes) {
  meter_.traffic.received += bytes;
  exchange_.traffic().received += bytes;
  exchange_.swarm().on_payload(link_, bytes, now());
}

void Connection::finish_payload(PieceBuffer buffer) {
  if (const auto piece = exchange_.swarm().on_piece_received(link_, now())) exchange_.store(*piece, std::move(buffer));
}

/// Reads up to `left` payload bytes to their place, and in the same call what follows them into the input buffer.
asio::awaitable<bool> Connection::read_rest(std::byte* to, std::uint32_t left) {
  if (exchange_.swarm().awaits_acknowledgement(link_)) stream_->acknowledge();
  const std::size_t follows = down_ && left > down_->quantum() ? 0 : input_buffer_.size();
  if (follows == 0) left = down_->quantum();
  const std::array<asio::mutable_buffer, 2> targets{asio::buffer(to, left), asio::buffer(input_buffer_, follows)};
  const auto [error, bytes] = co_await stream_->read_some(targets);
  if (error) {
    end(error == asio::error::eof ? "the remote ended the connection in the middle of a piece" : error.message());
    co_return false;
  }
  const auto payload = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, left));
  if (down_)
    if (const bool paid = co_await pay(payload); !paid) co_return false;
  decoder_.payload_taken(payload);
  count_received(payload);
  input_ = std::span(input_buffer_).first(bytes - payload);
  co_return true;
}

/// Waits until so many payload bytes, which have come, may be taken by the limit. False: the connection is over.
asio::awaitable<bool> Connection::pay(std::uint32_t bytes) {
  while (bytes > 0 && !closed_) {
    std::uint32_t paid = down_->try_take(bytes);
    if (paid == 0) {
      exchange_.swarm().on_reading_held(link_, now());
      exchange_.carry_out();
      paid = co_await down_->wait();
      exchange_.swarm().on_reading_resumed(link_, now());
    }
    bytes -= paid;
  }
  co_return !closed_;
}

// --- writing -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Connection::write_loop(std::shared_ptr<Connection> self) {
  while (!self->closed_) {
    self->output_.clear();
    std::optional<PieceIndex> piece;
    if (!self->finishing_ || self->drain_) piece = self->exchange_.swarm().poll_send(self->link_, self->output_);
    if (self->output_.empty()) {
      self->stream_->cork(false);
      self->exchange_.note_drained();
      if (self->finishing_) {
        self->stream_->shutdown_send();
        co_return;
      }
      self->wake_.expires_at(asio::steady_timer::time_point::max());
      co_await self->wake_.async_wait(use_result);
      continue;
    }
    // While pieces wait, the end of one and the head of the next share a segment.
    if (piece) self->stream_->cork(true);
    if (const bool more = co_await self->write_frames(piece.has_value()); !more) co_return;
    if (!piece) continue;
    if (const bool more = co_await self->send_payload(*piece); !more) co_return;
  }
}

asio::awaitable<bool> Connection::write_frames(bool more_follows) {
  // The head of a piece and its first bytes share a segment.
  for (std::size_t sent = 0; sent < output_.size();) {
    writing_ = true;
    const auto [error, bytes] = co_await stream_->write_some(asio::buffer(output_) + sent, more_follows);
    writing_ = false;
    ++writes_;
    if (closed_) co_return false;
    if (error) {
      end(error.message());
      co_return false;
    }
    sent += bytes;
  }
  co_return true;
}

asio::awaitable<bool> Connection::send_payload(PieceIndex piece) {
  const auto source = exchange_.source(piece);
  if (!source) {
    end("piece " + std::to_string(piece.value) + " is gone or changed on our disk");
    co_return false;
  }
  const PeerId to = exchange_.swarm().peer_of(link_);
  const std::size_t size = exchange_.swarm().geometry().size_of(piece);
  for (std::size_t sent = 0; sent < size;) {
    std::size_t count = size - sent;
    if (up_) {
      count = co_await up_->take(static_cast<std::uint32_t>(count));
      if (closed_) co_return false;
    }
    writing_ = true;
    const auto [error, bytes] = co_await stream_->send_file(source->file->descriptor(), source->offset + sent, count);
    writing_ = false;
    ++writes_;
    if (up_ && bytes < count) up_->give_back(static_cast<std::uint32_t>(count - bytes));
    if (closed_) co_return false;
    if (error) {
      if (error == std::errc::io_error) exchange_.check_on_disk(piece);
      end("sending piece " + std::to_string(piece.value) + ": " + error.message());
      co_return false;
    }
    if (bytes == 0) {
      exchange_.check_on_disk(piece);
      end("our file has become shorter while piece " + std::to_string(piece.value) + " was sent");
      co_return false;
    }
    sent += bytes;
    meter_.traffic.sent += bytes;
    exchange_.note_sent(to, bytes);
  }
  co_return true;
}

}  // namespace p2p
