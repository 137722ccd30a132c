// Asking for a text: each byte of the question, and all that a hostile end may answer.
#include "peer/net/text_link.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/encoder.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/text_server.hpp"
#include "tests/support/tls_pair.hpp"

namespace p2p {
namespace {

using test::operator+;
using test::run_until;
using test::StreamPair;

constexpr std::uint8_t kType = 9;
constexpr std::size_t kMost = 1'000'000;
const Features kWish{.fetch_catalog = true, .content = {std::byte{1}, std::byte{2}}};

Bytes greeting(const Features& features, std::uint32_t peer = 7) {
  Bytes bytes;
  append_handshake({PeerId{peer}, encode(features)}, bytes);
  return bytes;
}

/// What an honest holder answers, with this length field.
Bytes answer(std::uint32_t length, const Bytes& body, const Features& features = kWish) {
  Bytes bytes = greeting(features);
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::byte>(length >> shift));
  return bytes + body;
}

/// The other end: a plain socket, which does what a test says.
class Other {
 public:
  explicit Other(tcp::socket socket) : socket_(std::move(socket)) { socket_.non_blocking(true); }

  void send(const Bytes& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void end() { socket_.shutdown(tcp::socket::shutdown_send); }
  /// All that has come so far.
  const Bytes& heard() {
    std::array<std::byte, 4096> block;
    std::error_code error;
    while (const std::size_t n = socket_.read_some(asio::buffer(block), error))
      heard_.insert(heard_.end(), block.begin(), block.begin() + n);
    return heard_;
  }

 private:
  tcp::socket socket_;
  Bytes heard_;
};

asio::awaitable<void> ask(std::shared_ptr<TimedStream> timed, std::optional<ReceivedText>& result) {
  result = co_await receive_text(std::move(timed), PeerId{1002}, kWish, kType, kMost);
}

asio::awaitable<void> say(Stream& stream, const Bytes& bytes) { co_await write_all(stream, asio::buffer(bytes)); }

TEST_CASE("an answer under another ID than the one that was proven is none", "[text]") {
  const test::ListedKeys k;
  for (const std::uint32_t shown : {1001u, 1003u}) {
    test::TlsPair pair(std::make_shared<TlsKeys>(k.dialler, k.lines), std::make_shared<TlsKeys>(k.acceptor, k.lines));
    pair.establish_both();
    std::optional<ReceivedText> result;
    spawn(pair.io, ask(std::make_shared<TimedStream>(std::move(pair.a)), result));
    const Bytes text = test::text_answer(shown, kWish.content, kType, "the text");
    spawn(pair.io, say(*pair.b, text));
    run_until(pair.io, [&] { return result.has_value(); });
    CHECK(result->text.has_value() == (shown == 1001u));
  }
}

class Link {
 private:
  using Sockets = std::pair<tcp::socket, tcp::socket>;
  asio::io_context io_{1};
  Sockets sockets_ = test::connected(io_);

 public:
  asio::io_context& io = io_;
  std::shared_ptr<TimedStream> timed =
      std::make_shared<TimedStream>(std::make_unique<TcpStream>(std::move(sockets_.first)));
  Other other{std::move(sockets_.second)};
};

class Question : public Link {
 public:
  Question() { spawn(io, ask(*this)); }

  bool ended() const { return received || error; }
  ReceivedText result() {
    run_until(io, [this] { return ended(); });
    REQUIRE(received);
    return *received;
  }

  std::optional<ReceivedText> received;
  std::error_code error;
  std::vector<std::size_t> memory;

 private:
  static asio::awaitable<void> ask(Question& self) {
    try {
      self.received = co_await receive_text(self.timed, PeerId{5}, kWish, kType, kMost,
                                            [&self](std::size_t bytes) { self.memory.push_back(bytes); });
    } catch (const std::system_error& thrown) {
      self.error = thrown.code();
    }
  }
};

TEST_CASE("a question is a handshake that says what is wanted, and nothing else", "[text_link]") {
  Question question;
  run_until(question.io, [&] { return question.other.heard().size() >= kHandshakeBytes; });
  CHECK(question.other.heard() == greeting(kWish, 5));
}

TEST_CASE("an answer is taken whole, however it is cut", "[text_link]") {
  const Bytes whole = answer(6, test::hex("09") + test::text("hello"));
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    Question question;
    question.other.send(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)));
    question.io.run_for(std::chrono::milliseconds(1));
    question.other.send(Bytes(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end()));
    const ReceivedText received = question.result();
    CHECK(received.text == "hello");
    CHECK(received.same_content);
    CHECK_FALSE(received.declined);
    CHECK(received.from == PeerId{7});
  }
}

TEST_CASE("a large text takes memory as it comes", "[text_link]") {
  Question question;
  const Bytes text(kMost, std::byte{'x'});
  std::size_t sent = 0;
  question.other.send(answer(kMost + 1, test::hex("09")));
  while (!question.ended()) {
    const std::size_t n = std::min<std::size_t>(10'000, text.size() - sent);
    question.other.send(Bytes(n, std::byte{'x'}));
    sent += n;
    question.io.restart();
    question.io.poll();
    // No more than twice of what has come, and a block.
    if (!question.memory.empty()) CHECK(question.memory.back() <= 2 * (sent + 64 * 1024));
    if (n == 0) run_until(question.io, [&] { return question.ended(); });
  }
  CHECK(question.result().text->size() == kMost);
  CHECK(std::ranges::is_sorted(question.memory));
}

TEST_CASE("who closes without a word has nothing, which is no error", "[text_link]") {
  Question question;
  question.other.end();
  CHECK(question.result().declined);
  CHECK_FALSE(question.result().text);
}

TEST_CASE("an answer that was not asked for is none", "[text_link]") {
  Question question;
  SECTION("of another content") {
    Features other = kWish;
    other.content[0] = std::byte{9};
    question.other.send(answer(6, test::hex("09") + test::text("hello"), other));
    CHECK_FALSE(question.result().same_content);
    CHECK(question.result().from == PeerId{7});
  }
  SECTION("of a classic peer") {
    Bytes classic;
    append_handshake({PeerId{7}, {}}, classic);
    question.other.send(classic + test::hex("00000006 09") + test::text("hello"));
    CHECK_FALSE(question.result().same_content);
  }
  SECTION("of no peer at all") {
    question.other.send(test::text("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"));
    CHECK_FALSE(question.result().same_content);
  }
  SECTION("of another type") {
    question.other.send(answer(6, test::hex("08") + test::text("hello")));
    CHECK(question.result().same_content);
  }
  SECTION("empty") { question.other.send(answer(1, test::hex("09"))); }
  SECTION("without even a type") { question.other.send(answer(0, test::hex("00"))); }
  SECTION("longer than allowed by one byte") { question.other.send(answer(kMost + 2, test::hex("09"))); }
  SECTION("as long as can be said") { question.other.send(answer(0xffffffff, test::hex("09"))); }
  CHECK_FALSE(question.result().text);
  CHECK_FALSE(question.result().declined);
  CHECK(question.memory.empty());
}

TEST_CASE("an answer that ends before its end is an error", "[text_link]") {
  const Bytes whole = answer(6, test::hex("09") + test::text("hello"));
  for (const std::size_t cut :
       {std::size_t{1}, kHandshakeBytes - 1, kHandshakeBytes, kHandshakeBytes + 4, whole.size() - 1}) {
    INFO(cut);
    Question question;
    question.other.send(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)));
    question.other.end();
    run_until(question.io, [&] { return question.ended(); });
    CHECK(question.error == asio::error::eof);
  }
}

TEST_CASE("a question whose stream is closed ends with an error", "[text_link]") {
  Question question;
  question.io.poll();
  question.timed->close();
  run_until(question.io, [&] { return question.ended(); });
  CHECK(question.error == asio::error::operation_aborted);
}

}  // namespace
}  // namespace p2p
