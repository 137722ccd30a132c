// Whose word counts.
#include "peer/discovery/tally.hpp"

#include <algorithm>
#include <initializer_list>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

ContentId id(unsigned char first) { return {std::byte{first}}; }
Holder holder(std::uint32_t peer, unsigned char content, const std::string& ip, std::uint16_t port) {
  return {PeerId{peer}, {"h", port}, ip, "n", id(content), 5};
}
/// Each on a machine of its own.
Holder holder(std::uint32_t peer, unsigned char content) {
  return holder(peer, content, "10.0.0." + std::to_string(peer), static_cast<std::uint16_t>(peer));
}

Tally tally_of(std::initializer_list<Holder> holders) {
  Tally tally;
  for (const Holder& each : holders) tally.add(each);
  return tally;
}

TEST_CASE("without a quorum there is one content, or a conflict", "[tally]") {
  using enum Tally::Verdict;
  CHECK(Tally().judge({}).verdict == nobody);
  const auto one = tally_of({holder(1, 7), holder(2, 7)}).judge({});
  CHECK(one.verdict == accepted);
  CHECK(one.id == id(7));
  CHECK(one.holders == 2);
  CHECK(tally_of({holder(1, 7), holder(2, 7), holder(3, 8)}).judge({}).verdict == conflict);
}

TEST_CASE("where keys are proven a quorum counts keys: not machines, and not IDs", "[tally]") {
  using enum Tally::Verdict;
  const auto with_key = [](Holder holder, unsigned char key) {
    holder.key.emplace().bytes[0] = std::byte{key};
    return holder;
  };
  const Tally one_key = tally_of({with_key(holder(1, 7), 1), with_key(holder(2, 7), 1)});
  CHECK(one_key.judge(2u).verdict == too_few);
  CHECK(one_key.judge(1u).holders == 1);
  const Tally one_machine =
      tally_of({with_key(holder(1, 7, "10.0.0.1", 5000), 1), with_key(holder(2, 7, "10.0.0.1", 5001), 2)});
  CHECK(one_machine.judge(2u).verdict == accepted);
}

TEST_CASE("a quorum is of distinct nodes, and of one content alone", "[tally]") {
  using enum Tally::Verdict;
  const Tally tally = tally_of({holder(1, 7), holder(2, 7), holder(3, 8)});
  CHECK(tally.judge(2u).verdict == accepted);
  CHECK(tally.judge(2u).id == id(7));
  CHECK(tally.judge(2u).holders == 2);
  CHECK(tally.judge(1u).verdict == conflict);
  CHECK(tally.judge(3u).verdict == too_few);
  CHECK(tally_of({holder(1, 7), holder(1, 7)}).judge(2u).verdict == too_few);
  // Who has changed its mind counts for its latest word.
  CHECK(tally_of({holder(1, 7), holder(1, 8)}).judge({}).id == id(8));
}

TEST_CASE("who has a part counts only where nobody has it whole, and never for a quorum", "[tally]") {
  using enum Tally::Verdict;
  const auto part = [](std::uint32_t peer, unsigned char content) {
    Holder of_part = holder(peer, content);
    of_part.part = true;
    return of_part;
  };
  CHECK(tally_of({part(1, 7), part(2, 7)}).judge({}).id == id(7));
  CHECK(tally_of({part(1, 7), part(2, 8)}).judge({}).verdict == conflict);
  CHECK(tally_of({part(1, 7), part(2, 7)}).judge(1u).verdict == too_few);
  const Tally tally = tally_of({holder(1, 7), part(2, 7), part(3, 8)});
  CHECK(tally.judge({}).verdict == accepted);
  CHECK(tally.judge({}).id == id(7));
  CHECK(tally.judge(1u).holders == 1);
  CHECK(tally.judge(2u).verdict == too_few);
  CHECK(tally.by_content().at(id(7)).size() == 2);
  CHECK(tally.describe().find("  1 holder, and 1 of a part: ") != std::string::npos);
}

TEST_CASE("a quorum counts machines, whatever IDs and ports they have", "[tally]") {
  using enum Tally::Verdict;
  SECTION("two ports and two IDs at one address") {
    const Tally tally = tally_of({holder(1, 7, "127.0.0.1", 6001), holder(2, 7, "127.0.0.1", 6002)});
    CHECK(tally.judge(2u).verdict == too_few);
    CHECK(tally.judge(2u).holders == 1);
    CHECK(tally.describe().find("  1 holder: h:6001, h:6002\n") != std::string::npos);
  }
  SECTION("changing IDs at one port") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 6001), holder(2, 7, "10.0.0.1", 6001), holder(3, 7, "10.0.0.1", 6001)})
              .judge(2u)
              .holders == 1);
  }
  SECTION("one node that is reached at two addresses") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 6001), holder(1, 7, "fd00::1", 6001)}).judge(2u).verdict == too_few);
  }
  SECTION("who claims the IDs of others takes nothing from them") {
    const Tally tally = tally_of({holder(1, 7), holder(2, 7), holder(1, 7, "10.0.0.9", 1), holder(2, 7, "10.0.0.9", 2),
                                  holder(9, 7, "10.0.0.9", 3)});
    CHECK(tally.judge(3u).holders == 3);
  }
  SECTION("nor does it take their word") {
    const Tally tally =
        tally_of({holder(1, 7), holder(2, 7), holder(1, 8, "10.0.0.9", 1), holder(2, 8, "10.0.0.9", 2)});
    CHECK(tally.judge(2u).verdict == accepted);
    CHECK(tally.judge(2u).id == id(7));
  }
  SECTION("a node with many addresses and a machine with many IDs are two") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 1), holder(1, 7, "10.0.0.2", 1), holder(1, 7, "10.0.0.3", 1),
                    holder(2, 7, "10.0.0.9", 1), holder(3, 7, "10.0.0.9", 2), holder(4, 7, "10.0.0.9", 3)})
              .judge(2u)
              .holders == 2);
  }
}

TEST_CASE("the word of those who fetched it under this name counts where nobody else has it", "[tally]") {
  const auto copy = [](std::uint32_t number, std::uint8_t digit) {
    Holder made = holder(number, digit);
    made.copy = true;
    return made;
  };
  using Verdict = Tally::Verdict;
  const auto original = tally_of({holder(1, 8), copy(2, 7), copy(3, 7)}).judge({});
  CHECK(original.verdict == Verdict::accepted);
  CHECK(original.id == holder(1, 8).id);
  CHECK(tally_of({copy(2, 7), copy(3, 7)}).judge({}).verdict == Verdict::accepted);
  CHECK(tally_of({copy(2, 7), copy(3, 8)}).judge({}).verdict == Verdict::conflict);
  Holder part = holder(4, 8);
  part.part = true;
  CHECK(tally_of({copy(2, 7), part}).judge({}).id == holder(2, 7).id);
  CHECK(tally_of({copy(2, 7), copy(3, 7)}).judge(1u).verdict == Verdict::too_few);
  CHECK(tally_of({holder(1, 8), copy(2, 7), copy(3, 7)}).judge(1u).id == holder(1, 8).id);
}

TEST_CASE("a conflict names all contents with their holders", "[tally]") {
  const std::string text = tally_of({holder(1, 7), holder(2, 8), holder(3, 8)}).describe();
  CHECK(text.find("07000000") != std::string::npos);
  CHECK(text.find("1 holder: h:1\n") != std::string::npos);
  CHECK(text.find("2 holders: h:2, h:3\n") != std::string::npos);
}

/// The most pairs of an address and an ID in which nothing stands twice, by trying all choices.
std::size_t most_pairs(const std::vector<Holder>& holders, std::size_t at = 0, std::set<std::string> ips = {},
                       std::set<PeerId> ids = {}) {
  if (at == holders.size()) return ips.size();
  std::size_t most = most_pairs(holders, at + 1, ips, ids);
  const bool is_new = !ips.contains(holders[at].ip) && !ids.contains(holders[at].peer);
  ips.insert(holders[at].ip);
  ids.insert(holders[at].peer);
  if (is_new) most = std::max(most, most_pairs(holders, at + 1, ips, ids));
  return most;
}

TEST_CASE("machines are counted as a search through all choices counts them", "[tally]") {
  const std::uint32_t seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
  };
  for (int round = 0; round < 300; ++round) {
    Tally tally;
    std::vector<Holder> holders;
    for (std::uint32_t count = 1 + below(9); count > 0; --count) {
      // Each at a port of its own, so that nobody's word is in the place of another's.
      holders.push_back(
          holder(1 + below(5), 7, "10.0.0." + std::to_string(1 + below(5)), static_cast<std::uint16_t>(count)));
      tally.add(holders.back());
    }
    const std::size_t machines = tally.judge({}).holders;
    if (machines != most_pairs(holders))
      FAIL("round " << round << ": " << machines << " instead of " << most_pairs(holders) << "\n" << tally.describe());
  }
}

}  // namespace
}  // namespace p2p
