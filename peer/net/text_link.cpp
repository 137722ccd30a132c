#include "peer/net/text_link.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/encoder.hpp"

namespace p2p {
namespace {

// A connection that stands still ends here. A text takes as long as it takes on a slow line.
constexpr std::chrono::seconds kTransferPatience{60};
constexpr std::size_t kSlowLine = 64 * 1024;  // bytes a second
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kHeadBytes = 5;

std::chrono::seconds transfer_patience(std::size_t bytes) { return kTransferPatience + std::chrono::seconds(bytes / kSlowLine); }

}  // namespace

void TimedSocket::close_in(const std::shared_ptr<TimedSocket>& self, std::chrono::seconds patience) {
  self->deadline.expires_after(patience);
  self->deadline.async_wait([weak = std::weak_ptr(self)](const std::error_code& error) {
    if (const auto alive = weak.lock(); alive && !error) alive->close();
  });
}

void TimedSocket::close() {
  std::error_code ignored;
  socket.close(ignored);
}

asio::awaitable<void> read_greeting(std::shared_ptr<TimedSocket> timed, std::function<void(tcp::socket, std::vector<std::byte>)> on_bytes) {
  TimedSocket::close_in(timed, kGreetingPatience);
  std::vector<std::byte> bytes(kHandshakeBytes);
  const auto [error, count] = co_await asio::async_read(timed->socket, asio::buffer(bytes), use_result);
  if (error) co_return;
  timed->deadline.cancel();
  on_bytes(std::move(timed->socket), std::move(bytes));
}

asio::awaitable<void> give_text(std::shared_ptr<TimedSocket> timed, Handshake own, std::uint8_t type, std::shared_ptr<const std::string> text,
                                std::shared_ptr<const void>) {
  const std::size_t text_bytes = text ? text->size() : 0;
  TimedSocket::close_in(timed, transfer_patience(text_bytes));
  const auto greeting = encode(own);
  Bytes head(greeting.begin(), greeting.end());
  std::array<std::byte, 4> length{};
  store_u32(static_cast<std::uint32_t>(1 + text_bytes), length);
  head.insert(head.end(), length.begin(), length.end());
  head.push_back(std::byte{type});
  const auto [head_error, head_bytes] = co_await asio::async_write(timed->socket, asio::buffer(head), use_result);
  if (head_error) co_return;
  if (text) {
    const auto [error, bytes] = co_await asio::async_write(timed->socket, asio::buffer(*text), use_result);
    if (error) co_return;
  }
  std::error_code ignored;
  timed->socket.shutdown(tcp::socket::shutdown_send, ignored);
  // Until the other end closes: closing first could cut off what is on its way.
  std::array<std::byte, 64> nothing;
  for (;;) {
    const auto [error, bytes] = co_await timed->socket.async_read_some(asio::buffer(nothing), use_result);
    if (error) co_return;
  }
}

asio::awaitable<ReceivedText> receive_text(std::shared_ptr<TimedSocket> timed, PeerId self, Features wish, std::uint8_t type, std::size_t most_bytes,
                                           std::function<void(std::size_t)> on_growth) {
  TimedSocket::close_in(timed, kGreetingPatience);
  const auto hello = encode(Handshake{self, encode(wish)});
  co_await asio::async_write(timed->socket, asio::buffer(hello), asio::use_awaitable);
  std::array<std::byte, kHandshakeBytes + kHeadBytes> head{};
  co_await asio::async_read(timed->socket, asio::buffer(head, kHandshakeBytes), asio::use_awaitable);
  const auto bytes = std::span(head).first<kHandshakeBytes>();
  ReceivedText received;
  if (check_handshake_prefix(bytes)) co_return received;
  const Handshake handshake = decode_handshake(bytes);
  received.from = handshake.peer;
  const auto features = decode_features(handshake.reserved);
  received.same_content = features && features->content == wish.content;
  if (!received.same_content) co_return received;
  co_await asio::async_read(timed->socket, asio::buffer(head.data() + kHandshakeBytes, kHeadBytes), asio::use_awaitable);
  const std::uint32_t length = load_u32(std::span(head).subspan<kHandshakeBytes, 4>());
  const bool is_answer = head.back() == std::byte{type} && length > 1 && length - 1 <= most_bytes;
  if (!is_answer) co_return received;
  TimedSocket::close_in(timed, transfer_patience(length));
  std::string text;
  while (text.size() < length - 1) {
    const std::size_t have = text.size();
    text.resize(std::min<std::size_t>(have + kChunkBytes, length - 1));
    if (on_growth) on_growth(text.capacity());
    co_await asio::async_read(timed->socket, asio::buffer(text.data() + have, text.size() - have), asio::use_awaitable);
  }
  received.text = std::move(text);
  co_return received;
}

}  // namespace p2p
