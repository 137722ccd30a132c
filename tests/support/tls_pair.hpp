// Two ends of a sealed connection over the loopback.
#pragma once

#include <map>
#include <memory>
#include <optional>
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

}  // namespace p2p::test
