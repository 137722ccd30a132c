// A sealed stream: who is let in, what each end is told of one that is not, and that bytes come out as they went in.
#include "peer/net/tls_stream.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "peer/net/tls_fault.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tls_pair.hpp"

namespace p2p {
namespace {

using test::keys;
using test::ListedKeys;
using test::pattern;
using test::receive;
using test::Received;
using test::run_until;
using test::send;
using test::TlsPair;

asio::awaitable<void> send_whole_file(Stream& stream, int descriptor, std::size_t count) {
  for (std::size_t sent = 0; sent < count;) {
    const Moved moved = co_await stream.send_file(descriptor, sent, count - sent);
    REQUIRE_FALSE(moved.error);
    sent += moved.bytes;
  }
  stream.shutdown_send();
}

/// Writes to the other end's socket what no TLS has made, or nothing, and reads what comes.
struct RawPair {
  RawPair(std::shared_ptr<TlsKeys> keys, TlsStream::End end) {
    auto [ours, theirs] = test::connected(io);
    tls = std::make_unique<TlsStream>(std::move(ours), std::move(keys), end);
    raw.emplace(std::move(theirs));
    spawn(io, test::establish(*tls, result));
    io.poll();
  }
  std::error_code outcome() {
    run_until(io, [&] { return result.has_value(); });
    return *result;
  }

  asio::io_context io{1};
  std::unique_ptr<TlsStream> tls;
  std::optional<tcp::socket> raw;
  std::optional<std::error_code> result;
};

TEST_CASE("listed peers prove who they are, and bytes and files go both ways", "[tls]") {
  const ListedKeys k;
  TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines), k.acceptor.fingerprint());
  pair.establish_both();
  REQUIRE_FALSE(*pair.of_a);
  REQUIRE_FALSE(*pair.of_b);
  CHECK(pair.a->remote().proof == Proof{k.acceptor.fingerprint().bytes, PeerId{1001}});
  CHECK(pair.b->remote().proof == Proof{k.dialler.fingerprint().bytes, PeerId{1002}});
  const test::TempDir dir;
  const std::string text = pattern(3'000'001), file = pattern(2'500'000);
  std::ofstream(dir.path() / "f", std::ios::binary) << file;
  const int fd = ::open((dir.path() / "f").c_str(), O_RDONLY | O_CLOEXEC);
  Received at_a, at_b;
  spawn(pair.io, send(*pair.a, text));
  spawn(pair.io, send_whole_file(*pair.b, fd, file.size()));
  spawn(pair.io, receive(*pair.a, at_a));
  spawn(pair.io, receive(*pair.b, at_b));
  pair.io.restart();
  pair.io.run();
  ::close(fd);
  CHECK(at_b.text == text);
  CHECK(at_a.text == file);
  CHECK(*at_a.end == asio::error::eof);
  CHECK(*at_b.end == asio::error::eof);
}

TEST_CASE("keys are changed in the middle of a stream, and nobody notices", "[tls]") {
  const ListedKeys k;
  TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines), k.acceptor.fingerprint(), 100'000);
  pair.establish_both();
  Received at_a, at_b;
  const std::string text = pattern(4'000'003);
  spawn(pair.io, send(*pair.a, text));
  spawn(pair.io, send(*pair.b, text));
  spawn(pair.io, receive(*pair.a, at_a));
  spawn(pair.io, receive(*pair.b, at_b));
  pair.io.restart();
  pair.io.run();
  CHECK(at_a.text == text);
  CHECK(at_b.text == text);
}

asio::awaitable<void> send_bytewise(Stream& stream, int count) {
  for (int i = 0; i < count; ++i) {
    const Moved moved = co_await stream.write_some(asio::buffer("x", 1), false);
    if (moved.error) break;
  }
}

// One that changes keys for each byte is cut off as who floods: so keys are changed as often as is said.
TEST_CASE("a key seals as many bytes as is said, and no more", "[tls]") {
  const ListedKeys k;
  const auto end_with = [&](std::uint64_t bytes_per_key) {
    TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines), {}, bytes_per_key);
    pair.establish_both();
    Received at_b;
    spawn(pair.io, send_bytewise(*pair.a, 100));
    spawn(pair.io, receive(*pair.b, at_b));
    run_until(pair.io, [&] { return at_b.end.has_value() || at_b.text.size() == 100; });
    return at_b.end.value_or(std::error_code());
  };
  CHECK(end_with(1) == TlsFault::flood);
  CHECK_FALSE(end_with(10));
}

asio::awaitable<void> receive_tens(Stream& stream, std::size_t& received) {
  for (std::array<char, 10> ten; !(co_await read_all(stream, asio::buffer(ten))).error;) received += ten.size();
}

TEST_CASE("what has come together with a change of keys is told without waiting for more", "[tls]") {
  const ListedKeys k;
  TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines), {}, 10);
  pair.establish_both();
  spawn(pair.io, send_bytewise(*pair.a, 100));
  pair.io.restart();
  pair.io.run();  // All of it lies in the socket now; each change of keys comes first in what is read after ten bytes.
  std::size_t received = 0;
  spawn(pair.io, receive_tens(*pair.b, received));
  run_until(pair.io, [&] { return received == 100; });
}

TEST_CASE("a key that no line has is refused at both ends, whoever dials", "[tls]") {
  const ListedKeys k;
  const PrivateKey stranger = PrivateKey::generate();
  SECTION("the dialler's: it learns by its first read") {
    TlsPair pair(keys(stranger, k.lines), keys(k.acceptor, k.lines));
    pair.establish_both();
    CHECK(*pair.of_b == TlsFault::unknown_key);
    REQUIRE_FALSE(*pair.of_a);
    Received at_a;
    spawn(pair.io, receive(*pair.a, at_a));
    run_until(pair.io, [&] { return at_a.end.has_value(); });
    CHECK(*at_a.end == TlsFault::refused);
    CHECK(at_a.text.empty());
  }
  SECTION("the acceptor's") {
    TlsPair pair(keys(k.dialler, k.lines), keys(stranger, k.lines));
    pair.establish_both();
    CHECK(*pair.of_a == TlsFault::unknown_key);
    CHECK(*pair.of_b == TlsFault::refused);
  }
  SECTION("a listed peer's, in the place of another") {
    TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines), k.dialler.fingerprint());
    pair.establish_both();
    CHECK(*pair.of_a == TlsFault::other_key);
  }
}

TEST_CASE("an end that speaks no TLS, or stops, is told apart", "[tls]") {
  const ListedKeys k;
  const auto own = keys(k.acceptor, k.lines);
  SECTION("a classic peer dials") {
    RawPair pair(own, TlsStream::End::accepted);
    asio::write(*pair.raw, asio::buffer("P2PFILESHARINGPROJ0000000000abcd", 32));
    CHECK(pair.outcome() == TlsFault::not_tls);
  }
  SECTION("a classic peer answers") {
    RawPair pair(own, TlsStream::End::dialed);
    asio::write(*pair.raw, asio::buffer("P2PFILESHARINGPROJ0000000000abcd", 32));
    CHECK(pair.outcome() == TlsFault::not_tls);
  }
  SECTION("somebody hangs up") {
    RawPair pair(own, TlsStream::End::accepted);
    pair.raw->close();
    CHECK(pair.outcome() == TlsFault::gave_up);
  }
  SECTION("somebody hangs up on our hello") {
    RawPair pair(own, TlsStream::End::dialed);
    pair.raw->close();
    CHECK(pair.outcome() == TlsFault::gave_up);
  }
  SECTION("somebody says nothing: whoever waits closes the stream") {
    RawPair pair(own, TlsStream::End::accepted);
    CHECK_FALSE(pair.result);
    pair.tls->close();
    CHECK(pair.outcome() == asio::error::operation_aborted);
  }
}

/// All that a dialler sends in a handshake and behind it, one flight after the other.
TEST_CASE("a recorded handshake that is played again opens nothing", "[tls]") {
  const ListedKeys k;
  const auto ours = keys(k.acceptor, k.lines);
  std::string recorded;
  {
    // Somebody between both ends passes on what comes, and keeps a copy.
    asio::io_context io{1};
    auto [a, to_a] = test::connected(io);
    auto [b, to_b] = test::connected(io);
    TlsStream dialler(std::move(a), keys(k.dialler, k.lines), TlsStream::End::dialed);
    TlsStream acceptor(std::move(b), ours, TlsStream::End::accepted);
    std::optional<std::error_code> of_a, of_b;
    spawn(io, test::establish(dialler, of_a));
    spawn(io, test::establish(acceptor, of_b));
    to_a.non_blocking(true);
    to_b.non_blocking(true);
    run_until(io, [&] {
      std::array<char, 16384> buffer;
      std::error_code none;
      if (const std::size_t n = to_a.read_some(asio::buffer(buffer), none); n > 0) {
        recorded.append(buffer.data(), n);
        asio::write(to_b, asio::buffer(buffer, n));
      }
      if (const std::size_t n = to_b.read_some(asio::buffer(buffer), none); n > 0)
        asio::write(to_a, asio::buffer(buffer, n));
      return of_a && of_b;
    });
    REQUIRE_FALSE(*of_b);
  }
  RawPair pair(ours, TlsStream::End::accepted);
  asio::write(*pair.raw, asio::buffer(recorded));
  CHECK(pair.outcome() == TlsFault::broken);
  CHECK_FALSE(pair.tls->remote().proof);
}

TEST_CASE("an end without a farewell is not the end of what was sent", "[tls]") {
  const ListedKeys k;
  TlsPair pair(keys(k.dialler, k.lines), keys(k.acceptor, k.lines));
  pair.establish_both();
  Received at_b;
  spawn(pair.io, receive(*pair.b, at_b));
  pair.a->close();
  run_until(pair.io, [&] { return at_b.end.has_value(); });
  CHECK(*at_b.end == TlsFault::cut_off);
}

/// A listed peer that works with OpenSSL directly, and so can do what no stream of ours does.
struct Insider {
  explicit Insider(const ListedKeys& k)
      : theirs(keys(k.dialler, k.lines)), tls(theirs->new_connection(false), SSL_free) {
    auto [accepted, dialled] = test::connected(io);
    stream = std::make_unique<TlsStream>(std::move(accepted), keys(k.acceptor, k.lines), TlsStream::End::accepted);
    socket.emplace(std::move(dialled));
    socket->native_non_blocking(true);
    SSL_set_fd(tls.get(), socket->native_handle());
    spawn(io, test::establish(*stream, result));
    run_until(io, [&] { return SSL_do_handshake(tls.get()) == 1 && result; });
    REQUIRE_FALSE(*result);
    spawn(io, receive(*stream, received));
  }

  std::shared_ptr<TlsKeys> theirs;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls;
  asio::io_context io{1};
  std::unique_ptr<TlsStream> stream;
  std::optional<tcp::socket> socket;
  std::optional<std::error_code> result;
  Received received;
};

TEST_CASE("a peer that changes keys again and again and sends no bytes is cut off", "[tls]") {
  const ListedKeys k;
  Insider insider(k);
  const int kind = GENERATE(SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED);
  run_until(insider.io, [&] {
    ERR_clear_error();
    if (SSL_get_key_update_type(insider.tls.get()) == SSL_KEY_UPDATE_NONE) SSL_key_update(insider.tls.get(), kind);
    SSL_do_handshake(insider.tls.get());
    return insider.received.end.has_value();
  });
  CHECK(*insider.received.end == TlsFault::flood);
  CHECK(insider.received.text.empty());
}

TEST_CASE("a record of one byte each is received, too", "[tls]") {
  const ListedKeys k;
  Insider insider(k);
  const std::string text = pattern(5000);
  for (const char byte : text) REQUIRE(SSL_write(insider.tls.get(), &byte, 1) == 1);
  run_until(insider.io, [&] { return insider.received.text.size() == text.size(); });
  CHECK(insider.received.text == text);
}

}  // namespace
}  // namespace p2p
