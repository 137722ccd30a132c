// Somebody who answers connections that ask for a text as a test wants it answered.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peer/net/tcp_stream.hpp"
#include "protocol/wire/encoder.hpp"
#include "protocol/wire/features.hpp"

namespace p2p::test {

/// A handshake that shows this content, and one message of this type with the text; without one an empty message.
inline Bytes text_answer(std::uint32_t id, const ContentPrefix& content, std::uint8_t type, std::string_view text) {
  Bytes bytes;
  append_handshake({PeerId{id}, encode(Features{.content = content})}, bytes);
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::byte>((text.size() + 1) >> shift));
  bytes.push_back(std::byte{type});
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

class TextServer {
 public:
  /// Everything that is said to who wants this; none: the connection is closed without a word.
  using Answer = std::function<std::optional<Bytes>(const Features& wish)>;

  TextServer(asio::io_context& io, Answer answer)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        state_(std::make_shared<State>(State{std::move(answer)})) {
    accept();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  const std::vector<Features>& asked() const { return state_->asked; }
  /// From now on it answers nothing, and keeps the connections open.
  void fall_silent() { state_->silent = true; }

 private:
  struct State {
    Answer answer;
    std::vector<Features> asked = {};
    bool silent = false;
    std::vector<StreamPtr> kept = {};
  };

  void accept() {
    acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
      if (error) return;
      spawn(acceptor_.get_executor(), serve(state_, std::make_unique<TcpStream>(std::move(socket))));
      accept();
    });
  }

  static asio::awaitable<void> serve(std::shared_ptr<State> state, StreamPtr stream) {
    std::array<std::byte, kHandshakeBytes> greeting{};
    Moved moved = co_await read_all(*stream, asio::buffer(greeting));
    if (moved.error) co_return;
    const auto wish = decode_features(decode_handshake(greeting).reserved);
    if (!wish) co_return;
    state->asked.push_back(*wish);
    if (state->silent) {
      state->kept.push_back(std::move(stream));
      co_return;
    }
    const std::optional<Bytes> bytes = state->answer(*wish);
    if (!bytes) co_return;
    moved = co_await write_all(*stream, asio::buffer(*bytes));
    stream->shutdown_send();
    const std::array<asio::mutable_buffer, 2> drain{asio::buffer(greeting), asio::mutable_buffer()};
    while (!moved.error) moved = co_await stream->read_some(drain);
  }

  tcp::acceptor acceptor_;
  std::shared_ptr<State> state_;
};

}  // namespace p2p::test
