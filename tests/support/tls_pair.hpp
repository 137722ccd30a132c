// Two ends of a sealed connection over the loopback.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "peer/net/tls_keys.hpp"
#include "peer/net/tls_stream.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p::test {

/// Each knows the keys of both.
struct ListedKeys {
  PrivateKey dialler = PrivateKey::generate();
  PrivateKey acceptor = PrivateKey::generate();
  std::map<config::Fingerprint, PeerId> lines{{dialler.fingerprint(), PeerId{1002}},
                                              {acceptor.fingerprint(), PeerId{1001}}};
};

inline std::shared_ptr<TlsKeys> keys(const PrivateKey& own, const std::map<config::Fingerprint, PeerId>& lines) {
  return std::make_shared<TlsKeys>(own, lines);
}

inline asio::awaitable<void> establish(Stream& stream, std::optional<std::error_code>& result) {
  result = co_await stream.establish();
}

/// `a` has dialled `b`. None is established.
struct TlsPair {
  TlsPair(std::shared_ptr<TlsKeys> dialler, std::shared_ptr<TlsKeys> acceptor,
          const std::optional<config::Fingerprint>& expected = {}, std::uint64_t bytes_per_key = 1u << 30) {
    auto [ours, theirs] = connected(io);
    a = std::make_unique<TlsStream>(std::move(ours), std::move(dialler), TlsStream::End::dialed, expected,
                                    bytes_per_key);
    b = std::make_unique<TlsStream>(std::move(theirs), std::move(acceptor), TlsStream::End::accepted, std::nullopt,
                                    bytes_per_key);
  }

  /// An end whose handshake fails is closed, as its owner would do.
  void establish_both() {
    spawn(io, establish(*a, of_a));
    spawn(io, establish(*b, of_b));
    run_until(io, [&] {
      if (of_a && *of_a) a->close();
      if (of_b && *of_b) b->close();
      return of_a && of_b;
    });
  }

  asio::io_context io{1};
  std::unique_ptr<TlsStream> a, b;
  std::optional<std::error_code> of_a, of_b;
};

inline asio::awaitable<void> send(Stream& stream, std::string text) {
  const Moved moved = co_await write_all(stream, asio::buffer(text));
  CHECK_FALSE(moved.error);
  stream.shutdown_send();
}

/// What came, and how it ended.
struct Received {
  std::string text;
  std::optional<std::error_code> end;
};

inline asio::awaitable<void> receive(Stream& stream, Received& received) {
  std::string first(1000, '\0'), second(300'000, '\0');
  while (!received.end) {
    const std::array<asio::mutable_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
    const Moved moved = co_await stream.read_some(buffers);
    received.text.append(first, 0, std::min(moved.bytes, first.size()));
    if (moved.bytes > first.size()) received.text.append(second, 0, moved.bytes - first.size());
    if (moved.error) received.end = moved.error;
  }
}

}  // namespace p2p::test
