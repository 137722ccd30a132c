#include "peer/node/connection.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "peer/ground/clock.hpp"
#include "peer/node/exchange.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {
namespace {

// The most that one sendfile call moves, so that a fast receiver of a large piece does not keep the thread from others.
constexpr std::size_t kSendfileBytes = 1u << 20;
// Anybody can open a connection; what it costs us is small until a handshake has come.
constexpr std::size_t kGreetingBytes = 64;
constexpr std::size_t kInputBytes = 16 * 1024;
// Of pieces up to kSmallPiece one read takes several, and what they lead to (requests, haves, log) goes out together.
// Larger ones are read to their place anyway.
constexpr std::size_t kSmallPiece = 64 * 1024;
constexpr std::size_t kSmallPiecesInputBytes = 128 * 1024;
// A silent link is legal for ever; these find out that the remote's machine is gone.
constexpr int kKeepaliveIdle_s = 30;
constexpr int kKeepaliveInterval_s = 10;

/// Acknowledges what came, instead of up to 40 ms later. The kernel goes back to delays when we send again.
void acknowledge(tcp::socket& socket) {
  constexpr int kOn = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &kOn, sizeof kOn);
}

void set_socket_options(tcp::socket& socket) {
  // Best effort: a socket that refuses one of these still works.
  std::error_code ignored;
  socket.native_non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepaliveIdle_s, sizeof kKeepaliveIdle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepaliveInterval_s, sizeof kKeepaliveInterval_s);
}

}  // namespace

Connection::Connection(tcp::socket socket, LinkId link, Direction direction, Exchange& exchange, std::span<const std::byte> received)
    : socket_(std::move(socket)),
      link_(link),
      direction_(direction),
      exchange_(exchange),
      decoder_(exchange.swarm().geometry()),
      input_buffer_(std::max(kGreetingBytes, received.size())),
      wake_(socket_.get_executor(), asio::steady_timer::time_point::max()) {
  std::ranges::copy(received, input_buffer_.begin());
  input_ = std::span(input_buffer_).first(received.size());
  set_socket_options(socket_);
}

void Connection::start() {
  spawn(socket_.get_executor(), read_loop(shared_from_this()));
  spawn(socket_.get_executor(), write_loop(shared_from_this()));
}

void Connection::wake() { wake_.cancel(); }

void Connection::close() {
  closed_ = true;
  std::error_code ignored;
  socket_.close(ignored);
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
  // A socket has room again only when much of it is free; what is acknowledged shows slower progress, too.
  int queued = 0;
  ::ioctl(socket_.native_handle(), SIOCOUTQ, &queued);
  const std::pair state(writes_, queued);
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
      self->exchange_.settle();
      if (self->closed_) break;
      if (const bool more = co_await self->read_some(); !more) break;
    }
  }
  if (self->handed_over_) co_return;
  self->close();
  self->exchange_.remove(self->link_, self->end_reason_);
}

asio::awaitable<bool> Connection::read_some() {
  if (greeted_ && input_buffer_.size() < kInputBytes)
    input_buffer_.resize(exchange_.swarm().geometry().largest_size() <= kSmallPiece ? kSmallPiecesInputBytes : kInputBytes);
  if (exchange_.swarm().awaits_acknowledgement(link_)) acknowledge(socket_);
  const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(input_buffer_), use_result);
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
    bool operator()(const Handshake& handshake) const { return connection.take_handshake(handshake); }
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

/// False: the connection carries something else from here on.
bool Connection::take_handshake(const Handshake& handshake) {
  const auto features = decode_features(handshake.reserved);
  if (direction_ == Direction::accepted && exchange_.has_manifest() && features && features->fetch_manifest) {
    handed_over_ = closed_ = true;
    wake();
    exchange_.hand_over(link_, std::move(socket_), *features);
    return false;
  }
  greeted_ = true;
  exchange_.swarm().on_handshake(link_, handshake, now());
  return true;
}

/// Reads the payload that the decoder stands before, into a buffer or to nowhere. False: the connection is over.
asio::awaitable<bool> Connection::read_payload() {
  const std::uint32_t length = decoder_.payload_left();
  if (input_.empty()) {
    // A buffer is taken only when payload is there: a head alone must not bind memory.
    exchange_.settle();
    if (closed_) co_return false;
    if (const bool more = co_await read_some(); !more) co_return false;
  }
  PieceBuffer buffer;
  if (exchange_.swarm().payload_wanted(link_)) {
    exchange_.settle();
    if (closed_) co_return false;
    if (length > exchange_.buffers().piece_size())
      buffer = exchange_.map_buffer(link_);
    else
      buffer = co_await exchange_.buffers().acquire();
    if (closed_) co_return false;
  }
  while (decoder_.payload_left() > 0) {
    if (input_.empty()) {
      exchange_.settle();
      if (closed_) co_return false;
      if (buffer) {
        if (const bool more = co_await read_rest(buffer.data() + (length - decoder_.payload_left()), decoder_.payload_left()); !more) co_return false;
      } else {
        if (const bool more = co_await read_some(); !more) co_return false;
      }
      continue;
    }
    const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(input_.size(), decoder_.payload_left()));
    if (buffer) std::memcpy(buffer.data() + (length - decoder_.payload_left()), input_.data(), n);
    input_ = input_.subspan(n);
    decoder_.payload_taken(n);
    exchange_.traffic().received += n;
    exchange_.swarm().on_payload(link_, n, now());
  }
  finish_payload(std::move(buffer));
  co_return true;
}

void Connection::finish_payload(PieceBuffer buffer) {
  if (const auto piece = exchange_.swarm().on_piece_received(link_, now())) exchange_.store(*piece, std::move(buffer));
}

/// Reads up to `left` payload bytes to their place, and in the same call what follows them into the input buffer.
asio::awaitable<bool> Connection::read_rest(std::byte* to, std::uint32_t left) {
  if (exchange_.swarm().awaits_acknowledgement(link_)) acknowledge(socket_);
  const std::array<asio::mutable_buffer, 2> targets{asio::buffer(to, left), asio::buffer(input_buffer_)};
  const auto [error, bytes] = co_await socket_.async_read_some(targets, use_result);
  if (error) {
    end(error == asio::error::eof ? "the remote ended the connection in the middle of a piece" : error.message());
    co_return false;
  }
  const auto payload = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, left));
  decoder_.payload_taken(payload);
  exchange_.traffic().received += payload;
  exchange_.swarm().on_payload(link_, payload, now());
  input_ = std::span(input_buffer_).first(bytes - payload);
  co_return true;
}

// --- writing -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Connection::write_loop(std::shared_ptr<Connection> self) {
  while (!self->closed_) {
    self->output_.clear();
    std::optional<PieceIndex> piece;
    if (!self->finishing_ || self->drain_) piece = self->exchange_.swarm().poll_send(self->link_, self->output_);
    if (self->output_.empty()) {
      self->cork(false);
      if (self->finishing_) {
        std::error_code ignored;
        self->socket_.shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
      }
      self->wake_.expires_at(asio::steady_timer::time_point::max());
      co_await self->wake_.async_wait(use_result);
      continue;
    }
    // While pieces wait, the end of one and the head of the next share a segment.
    if (piece) self->cork(true);
    if (const bool more = co_await self->write_frames(piece.has_value()); !more) co_return;
    if (!piece) continue;
    if (const bool more = co_await self->send_payload(*piece); !more) co_return;
  }
}

void Connection::cork(bool on) {
  if (std::exchange(corked_, on) == on) return;
  const int value = on;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

asio::awaitable<bool> Connection::write_frames(bool more_follows) {
  // The head of a piece and its first bytes share a segment.
  const int flags = more_follows ? MSG_MORE : 0;
  for (std::size_t sent = 0; sent < output_.size();) {
    writing_ = true;
    const auto [error, bytes] = co_await socket_.async_send(asio::buffer(output_) + sent, flags, use_result);
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
  auto offset = static_cast<off_t>(source->offset);
  std::size_t left = exchange_.swarm().geometry().size_of(piece);
  while (left > 0) {
    const ssize_t n = ::sendfile(socket_.native_handle(), source->file->descriptor(), &offset, std::min(left, kSendfileBytes));
    if (n > 0) {
      left -= static_cast<std::size_t>(n);
      exchange_.note_sent(to, static_cast<std::uint64_t>(n));
      if (left == 0) break;
    } else if (n == 0) {
      exchange_.check_on_disk(piece);
      end("our file has become shorter while piece " + std::to_string(piece.value) + " was sent");
      co_return false;
    } else if (errno == EINTR) {
      continue;
    } else if (errno != EAGAIN) {
      const int error = errno;
      if (error == EIO) exchange_.check_on_disk(piece);
      end("sending piece " + std::to_string(piece.value) + ": " + std::strerror(error));
      co_return false;
    }
    // Full, or a turn's worth is sent: either way the others come first.
    writing_ = true;
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, use_result);
    writing_ = false;
    ++writes_;
    if (closed_) co_return false;
    if (error) {
      end(error.message());
      co_return false;
    }
  }
  co_return true;
}

}  // namespace p2p
