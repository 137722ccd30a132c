// What a network's secret keeps from those who lack it. Expected bytes are of another program: Python's hmac and
// hashlib, and PyCA's cryptography for ChaCha20-Poly1305.
#include "peer/keys/network.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

using test::hex;
using test::network_secret;
using test::private_network;
using test::text;
using test::to_hex;

const std::string kBox =
    "070000004041424344454647 6065e407199569ff51d71595ddb020cc8aa34154 83cdc3e75c5138e706d3327560d062cd";

TEST_CASE("an open network's digests are SHA-256", "[keys]") {
  for (const std::string name : {"", "lab"})
    for (const std::string bytes : {"", "abc"}) CHECK(Network(name).digest(bytes) == sha256(text(bytes)));
  CHECK_FALSE(Network().is_private());
  CHECK(Network().name() == "default");
}

TEST_CASE("a private network's digests are HMAC with a key that follows from its secret and its name", "[keys]") {
  const Network lab = private_network();
  CHECK(lab.is_private());
  CHECK(lab.name() == "lab");
  CHECK(to_hex(lab.digest("Hi There")) == "3da35187e938ecbc9a64c6daebe67cd8b30a85fc5052dc6b630dfbc27633fbeb");
  CHECK(to_hex(lab.digest("")) == "31385d1c2109aaa91c6ac4f7878fb39d07965a86c3ab9118d3cb4e39755a66ca");
  // Again: nothing of the one before is left.
  CHECK(to_hex(lab.digest("Hi There")) == "3da35187e938ecbc9a64c6daebe67cd8b30a85fc5052dc6b630dfbc27633fbeb");
}

TEST_CASE("the pre-shared key of TLS follows from secret and name", "[keys]") {
  CHECK(to_hex(private_network().psk().bytes()) == "ba6c7b3e1a00f05399532c201e822bcc2b2703d141384c02c8ca286cd26b1704");
}

TEST_CASE("a box of another program is opened", "[keys]") {
  CHECK(private_network().open(hex(kBox)) == text("Ladies and Gentlemen"));
  CHECK(private_network().open(hex("070000004041424344454647 6bd81467b350114ef155e27725abac38")) == Bytes{});
}

TEST_CASE("a box has what was put in, and is another one each time", "[keys]") {
  const Network lab = private_network();
  std::mt19937 random(1);
  std::set<Bytes> boxes;
  for (std::size_t size = 0; size < 300; ++size) {
    Bytes bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    for (int again = 0; again < 2; ++again) {
      const Bytes box = lab.seal(bytes);
      REQUIRE(box.size() == size + Network::kBoxBytes);
      REQUIRE(lab.open(box) == bytes);
      // A byte or two may be there by chance.
      if (size >= 8) REQUIRE(std::ranges::search(box, std::span(bytes).first(8)).empty());
      boxes.insert(box);
    }
  }
  CHECK(boxes.size() == 600);
}

TEST_CASE("a box is none when any byte of it is another, or it is shorter or longer", "[keys]") {
  const Network lab = private_network();
  for (const Bytes& good : {hex(kBox), lab.seal({}), lab.seal(Bytes(40))}) {
    REQUIRE(lab.open(good));
    for (std::size_t at = 0; at < good.size(); ++at)
      for (unsigned bit = 0; bit < 8; ++bit) {
        Bytes bad = good;
        bad[at] ^= std::byte(1u << bit);
        REQUIRE_FALSE(lab.open(bad));
      }
    for (std::size_t size = 0; size < good.size(); ++size) REQUIRE_FALSE(lab.open(std::span(good).first(size)));
    Bytes longer = good;
    longer.push_back({});
    CHECK_FALSE(lab.open(longer));
  }
  std::mt19937 random(2);
  for (int round = 0; round < 2'000; ++round) {
    Bytes noise(random() % 80);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    REQUIRE_FALSE(lab.open(noise));
  }
}

TEST_CASE("what a stranger sends leaves no error behind for the next who asks OpenSSL", "[keys]") {
  ERR_clear_error();
  Bytes bad = hex(kBox);
  bad.back() ^= std::byte{1};
  CHECK_FALSE(private_network().open(bad));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("another secret or another name is another network", "[keys]") {
  const Network lab = private_network();
  CHECK(lab == private_network());
  CHECK(lab == Network(lab));
  for (const Network& other : {private_network("lab", 1), private_network("lab2"), Network("lab"), Network("")}) {
    INFO(other.name() << (other.is_private() ? ", private" : ""));
    CHECK_FALSE(lab == other);
    CHECK(other == Network(other));
    CHECK(lab.digest("x") != other.digest("x"));
    if (!other.is_private()) continue;
    CHECK_FALSE(lab.psk() == other.psk());
    CHECK_FALSE(other.open(lab.seal(text("x"))));
    CHECK_FALSE(other.is_psk_identity(lab.new_psk_identity()));
  }
  CHECK(Network("a") == Network("a"));
  CHECK_FALSE(Network("a") == Network("b"));
}

TEST_CASE("nothing that shows outside is the secret or another key", "[keys]") {
  const Network lab = private_network();
  const Secret<32>& psk = lab.psk();
  std::set<std::string> all{to_hex(network_secret().bytes()), to_hex(psk.bytes())};
  for (const std::string bytes : {"", "digest", "psk", "box", "peerProcess psk\nlab", "peerProcess psk\nlab\x01"})
    all.insert(to_hex(lab.digest(bytes)));
  CHECK(all.size() == 8);
}

TEST_CASE("a pre-shared key's name is new for each connection, and members alone know it for one", "[keys]") {
  const Network lab = private_network();
  const Bytes good = hex("101112131415161718191a1b1c1d1e1f a1bc6f1cf0013901ef4bae81b3ebb9ee");
  CHECK(lab.is_psk_identity(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{0x80};
    CHECK_FALSE(lab.is_psk_identity(bad));
  }
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(lab.is_psk_identity(std::span(good).first(size)));
  std::set<std::string> firsts, lasts;
  for (int i = 0; i < 100; ++i) {
    const Network::PskIdentity identity = lab.new_psk_identity();
    CHECK(lab.is_psk_identity(identity));
    firsts.insert(to_hex(std::span(identity).first<16>()));
    lasts.insert(to_hex(std::span(identity).last<16>()));
  }
  CHECK(firsts.size() == 100);
  CHECK(lasts.size() == 100);
}

TEST_CASE("a network may be used by several threads at a time", "[keys]") {
  const Network lab = private_network();
  const Sha256Digest expected = lab.digest("x");
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& faults : wrong)
    threads.emplace_back([&faults, &expected, network = lab] {
      for (int round = 0; round < 500; ++round) {
        faults += network.digest("x") != expected;
        faults += network.open(network.seal(text("x"))) != text("x");
        faults += !network.is_psk_identity(network.new_psk_identity());
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

}  // namespace
}  // namespace p2p
