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

void throw_if(const std::error_code& error) {
  if (error) throw std::system_error(error);
}

std::chrono::seconds transfer_patience(std::size_t bytes) { return kTransferPatience + std::chrono::seconds(bytes / kSlowLine); }

}  // namespace

void TimedStream::close_in(const std::shared_ptr<TimedStream>& self, std::chrono::seconds patience) {
  self->deadline.expires_after(patience);
  self->deadline.async_wait([weak = std::weak_ptr(self)](const std::error_code& error) {
    if (const auto alive = weak.lock(); alive && !error) alive->close();
  });
}

void TimedStream::close() {
  if (stream) stream->close();
}

asio::awaitable<void> read_greeting(std::shared_ptr<TimedStream> timed, std::function<void(StreamPtr, std::vector<std::byte>)> on_bytes) {
  TimedStream::close_in(timed, kGreetingPatience);
  std::vector<std::byte> bytes(kHandshakeBytes);
  const Moved greeting = co_await read_all(*timed->stream, asio::buffer(bytes));
  if (greeting.error) co_return;
  timed->deadline.cancel();
  on_bytes(std::move(timed->stream), std::move(bytes));
}

asio::awaitable<void> give_text(std::shared_ptr<TimedStream> timed, Handshake own, std::uint8_t type, std::shared_ptr<const std::string> text,
                                std::shared_ptr<const void>) {
  const std::size_t text_bytes = text ? text->size() : 0;
  TimedStream::close_in(timed, transfer_patience(text_bytes));
  const auto greeting = encode(own);
  Bytes head(greeting.begin(), greeting.end());
  std::array<std::byte, 4> length{};
  store_u32(static_cast<std::uint32_t>(1 + text_bytes), length);
  head.insert(head.end(), length.begin(), length.end());
  head.push_back(std::byte{type});
  const Moved opening = co_await write_all(*timed->stream, asio::buffer(head), text != nullptr);
  if (opening.error) co_return;
  if (text) {
    const Moved body = co_await write_all(*timed->stream, asio::buffer(*text));
    if (body.error) co_return;
  }
  timed->stream->shutdown_send();
  // Until the other end closes: closing first could cut off what is on its way.
  std::array<std::byte, 64> nothing;
  const std::array<asio::mutable_buffer, 2> drain{asio::buffer(nothing), asio::mutable_buffer()};
  for (;;) {
    const Moved moved = co_await timed->stream->read_some(drain);
    if (moved.error) co_return;
  }
}

asio::awaitable<ReceivedText> receive_text(std::shared_ptr<TimedStream> timed, PeerId self, Features wish, std::uint8_t type, std::size_t most_bytes,
                                           std::function<void(std::size_t)> on_growth) {
  TimedStream::close_in(timed, kGreetingPatience);
  const auto hello = encode(Handshake{self, encode(wish)});
  const Moved greeting = co_await write_all(*timed->stream, asio::buffer(hello));
  throw_if(greeting.error);
  std::array<std::byte, kHandshakeBytes + kHeadBytes> head{};
  const Moved answer = co_await read_all(*timed->stream, asio::buffer(head, kHandshakeBytes));
  ReceivedText received;
  received.declined = answer.error == asio::error::eof && answer.bytes == 0;
  if (received.declined) co_return received;
  throw_if(answer.error);
  const auto bytes = std::span(head).first<kHandshakeBytes>();
  if (check_handshake_prefix(bytes)) co_return received;
  const Handshake handshake = decode_handshake(bytes);
  received.from = handshake.peer;
  const auto features = decode_features(handshake.reserved);
  received.same_content = features && features->content == wish.content;
  if (!received.same_content) co_return received;
  const Moved opening = co_await read_all(*timed->stream, asio::buffer(head.data() + kHandshakeBytes, kHeadBytes));
  throw_if(opening.error);
  const std::uint32_t length = load_u32(std::span(head).subspan<kHandshakeBytes, 4>());
  const bool is_answer = head.back() == std::byte{type} && length > 1 && length - 1 <= most_bytes;
  if (!is_answer) co_return received;
  TimedStream::close_in(timed, transfer_patience(length));
  std::string text;
  while (text.size() < length - 1) {
    const std::size_t have = text.size();
    text.resize(std::min<std::size_t>(have + kChunkBytes, length - 1));
    if (on_growth) on_growth(text.capacity());
    const Moved moved = co_await read_all(*timed->stream, asio::buffer(text.data() + have, text.size() - have));
    throw_if(moved.error);
  }
  received.text = std::move(text);
  co_return received;
}

}  // namespace p2p
