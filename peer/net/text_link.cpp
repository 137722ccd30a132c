#include "peer/net/text_link.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/encoder.hpp"

namespace p2p {
namespace {

constexpr std::chrono::seconds kGreetingPatience{5};
// A connection that stands still ends here. A text takes as long as it takes on a slow line.
constexpr std::chrono::seconds kTransferPatience{60};
constexpr std::size_t kSlowLine = 64 * 1024;  // bytes a second
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kHeadBytes = 5;

void throw_if(const std::error_code& error) {
  if (error) throw std::system_error(error);
}

std::chrono::seconds transfer_patience(std::size_t bytes) {
  return kTransferPatience + std::chrono::seconds(bytes / kSlowLine);
}

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

asio::awaitable<ReceivedText> receive_text(std::shared_ptr<TimedStream> timed, PeerId self, Features wish,
                                           std::uint8_t type, std::size_t most_bytes,
                                           std::function<void(std::size_t)> on_growth, std::vector<std::byte> behind) {
  TimedStream::close_in(timed, kGreetingPatience);
  const auto hello = encode(Handshake{self, encode(wish)});
  behind.insert(behind.begin(), hello.begin(), hello.end());
  const Moved greeting = co_await write_all(*timed->stream, asio::buffer(behind));
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
  const auto& proof = timed->stream->remote().proof;
  if (proof && proof->peer != handshake.peer) co_return received;
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
