// Where connections are sealed: who has proven a key shows that ID and no other, and limits hold by key as by address.
#include "protocol/door/door.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/porch.hpp"

namespace p2p {
namespace {

using namespace test;

Proof proof_of(unsigned key, std::uint32_t peer = 7) {
  Proof proof{.peer = PeerId{peer}};
  proof.key[0] = std::byte(key);
  return proof;
}

TEST_CASE("who has proven a key may show its ID alone", "[door]") {
  Porch porch;
  const CallerId honest = porch.comes(), liar = porch.comes();
  porch.door.on_proven(honest, proof_of(1), porch.now);
  porch.door.on_proven(liar, proof_of(2, 8), porch.now);
  porch.says(honest, Features{.content = kModel});
  porch.says(liar, Features{.content = kModel});
  CHECK(porch.fate(honest) == "exchange");
  CHECK(porch.fate(liar) == "out: it says that it is peer 7, and its key is that of peer 8");
}

TEST_CASE("a key has as many links and texts as an address, from wherever it comes", "[door]") {
  Porch porch({.texts_by_origin = 2, .links_by_origin = 2});
  const auto comes = [&](unsigned from, unsigned key) {
    const CallerId caller = porch.comes(from);
    porch.door.on_proven(caller, proof_of(key), porch.now);
    return caller;
  };
  for (unsigned i = 0; i < 2; ++i) porch.says(comes(i, 1), Features{.content = kModel});
  const CallerId third = comes(9, 1), other = comes(9, 2);
  porch.says(third, Features{.content = kModel});
  porch.says(other, Features{.content = kModel});
  CHECK(porch.fate(third).find("out: there are as many links as may be") == 0);
  CHECK(porch.fate(other) == "exchange");

  const CallerId first = comes(1, 3);
  porch.says(first, Features{.fetch_catalog = true, .content = kQuestion});
  for (unsigned i = 2; i < 4; ++i) porch.says(comes(i, 3), Features{.fetch_catalog = true, .content = kQuestion});
  CHECK(porch.fate(first).find("out: its text had not moved for longest") == 0);
}

TEST_CASE("an address has no more links with many keys than with one", "[door]") {
  Porch porch({.links_by_origin = 2});
  std::vector<CallerId> callers;
  for (unsigned key = 0; key < 3; ++key) {
    callers.push_back(porch.comes(1));
    porch.door.on_proven(callers.back(), proof_of(key), porch.now);
    porch.says(callers.back(), Features{.content = kModel});
  }
  CHECK(porch.fate(callers[1]) == "exchange");
  CHECK(porch.fate(callers[2]).find("out: there are as many links as may be") == 0);
}

TEST_CASE("a key is never the origin of an address", "[door]") {
  Proof proof;
  proof.key[0] = std::byte{0x20};
  Origin::V6 address{};
  address[0] = std::byte{0x20};
  CHECK(proof.origin() != Origin::of(address));
  CHECK(proof.origin() != proof_of(1).origin());
}

}  // namespace
}  // namespace p2p
