// Sealed streams of private networks: who has the secret, who is allowed, and what a proof of a key is worth.
#include <string>

#include "peer/net/tls_fault.hpp"
#include "peer/net/tls_stream.hpp"
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

Network network(std::byte seed) {
  NetworkSecret secret;
  std::ranges::fill(secret.bytes(), seed);
  return Network("lab", secret);
}

TEST_CASE("members of a private network prove their keys inside of the channel", "[tls]") {
  const NodeIdentity one(PrivateKey::generate()), other(PrivateKey::generate());
  TlsPair pair(std::make_shared<TlsKeys>(network(std::byte{1}), one),
               std::make_shared<TlsKeys>(network(std::byte{1}), other));
  pair.establish_both();
  REQUIRE_FALSE(*pair.of_a);
  REQUIRE_FALSE(*pair.of_b);
  CHECK(pair.a->remote().proof == Proof{other.fingerprint().bytes, other.id()});
  CHECK(pair.b->remote().proof == Proof{one.fingerprint().bytes, one.id()});
  Received at_b;
  spawn(pair.io, send(*pair.a, pattern(100'000)));
  spawn(pair.io, receive(*pair.b, at_b));
  run_until(pair.io, [&] { return at_b.end.has_value(); });
  CHECK(at_b.text == pattern(100'000));
}

TEST_CASE("who has another secret, or none, gets nowhere", "[tls]") {
  const NodeIdentity one(PrivateKey::generate()), other(PrivateKey::generate());
  const auto ours = std::make_shared<TlsKeys>(network(std::byte{1}), one);
  SECTION("another secret") {
    TlsPair pair(std::make_shared<TlsKeys>(network(std::byte{2}), other), ours);
    pair.establish_both();
    CHECK(*pair.of_b == TlsFault::no_secret);
    CHECK(*pair.of_a == TlsFault::refused);
  }
  SECTION("a listed peer dials a member") {
    const ListedKeys k;
    TlsPair pair(keys(k.dialler, k.lines), ours);
    pair.establish_both();
    CHECK(*pair.of_b == TlsFault::no_secret);
    CHECK(*pair.of_a == TlsFault::refused);
  }
  SECTION("a member dials a listed peer, which has no secret to show") {
    const ListedKeys k;
    TlsPair pair(ours, keys(k.acceptor, k.lines));
    pair.establish_both();
    CHECK(*pair.of_a);
    CHECK(*pair.of_b);
  }
}

TEST_CASE("only those who are allowed are let in, and cut off when they are not any more", "[tls]") {
  const NodeIdentity one(PrivateKey::generate()), other(PrivateKey::generate());
  const auto theirs = std::make_shared<TlsKeys>(network(std::byte{1}), one);
  const auto ours = std::make_shared<TlsKeys>(network(std::byte{1}), other);
  SECTION("not on the list: no key of ours is shown to him") {
    ours->allow({});
    TlsPair pair(theirs, ours);
    pair.establish_both();
    CHECK(*pair.of_b == TlsFault::unknown_key);
    CHECK(*pair.of_a == TlsFault::refused);
    CHECK_FALSE(pair.a->remote().proof);
  }
  SECTION("taken from the list") {
    ours->allow({one.fingerprint()});
    TlsPair pair(theirs, ours);
    pair.establish_both();
    REQUIRE_FALSE(*pair.of_b);
    ours->allow({one.fingerprint(), other.fingerprint()});
    CHECK(pair.b->is_open());
    ours->allow({});
    CHECK_FALSE(pair.b->is_open());
  }
}

TEST_CASE("a proof is of one channel, of one end of it, and of one key", "[tls]") {
  const NodeIdentity node(PrivateKey::generate()), other(PrivateKey::generate());
  std::array<std::byte, 32> channel{}, another{};
  another[0] = std::byte{1};
  const auto proof = node.prove(channel, true);
  CHECK(NodeIdentity::check(proof, channel, true) == Proof{node.fingerprint().bytes, node.id()});
  CHECK_FALSE(NodeIdentity::check(proof, another, true));
  CHECK_FALSE(NodeIdentity::check(proof, channel, false));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    auto forged = proof;
    forged[i] ^= std::byte{1};
    CHECK_FALSE(NodeIdentity::check(forged, channel, true));
  }
  CHECK_FALSE(NodeIdentity::check(std::span(proof).first(proof.size() - 1), channel, true));
  CHECK_FALSE(NodeIdentity::check({}, channel, true));
}

}  // namespace
}  // namespace p2p
