// Whole networks of Members on virtual time: all come to know each other, the dead are forgotten, halves find each
// other again, and a visitor finds a thousand of them.
#include <algorithm>
#include <set>
#include <vector>

#include "peer/discovery/members.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

MemberAddress host(std::size_t number) {
  return MemberAddress::v4({std::byte{10}, std::byte{0}, std::byte(number >> 8), std::byte(number)}, 5000);
}
std::size_t number_of(const MemberAddress& address) {
  return std::to_integer<std::size_t>(address.ip[14]) << 8 | std::to_integer<std::size_t>(address.ip[15]);
}

/// A question is answered at once, or after two seconds it is not.
class Network {
 public:
  explicit Network(std::size_t count) : cut_(count), up_(count, true) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.emplace_back(PeerId{static_cast<std::uint32_t>(i)});
      if (i > 0) nodes_[i].named(host(0), now_);
    }
  }

  void passes(Duration time) {
    for (const Instant until = now_ + time; now_ < until; now_ += 50ms)
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (up_[i]) step(i);
  }
  void dies(std::size_t node) { up_[node] = false; }
  /// Those before `first` and the rest are apart; 0: no more.
  void cut_at(std::size_t first) { cut_ = first; }

  std::set<std::size_t> known_to(std::size_t node) const {
    std::set<std::size_t> known;
    for (const auto& each : nodes_[node].list_for(false, now_)) known.insert(number_of(each.address));
    return known;
  }
  bool all_know_all_but(const std::set<std::size_t>& dead) const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      std::set<std::size_t> expected;
      for (std::size_t other = 0; other < nodes_.size(); ++other)
        if (other != i && !dead.contains(other)) expected.insert(other);
      if (!dead.contains(i) && known_to(i) != expected) return false;
    }
    return true;
  }

 private:
  struct Pending {
    std::size_t asker;
    MemberAddress asked;
    Instant over;
  };

  bool reach(std::size_t a, std::size_t b) const { return up_[a] && up_[b] && (a < cut_) == (b < cut_); }

  void step(std::size_t node) {
    std::erase_if(pending_, [&](const Pending& each) {
      if (each.asker != node || now_ < each.over) return false;
      nodes_[node].failed(each.asked, now_);
      return true;
    });
    while (const auto next = nodes_[node].poll(now_)) {
      const std::size_t other = number_of(*next);
      if (!reach(node, other)) {
        pending_.push_back({node, *next, now_ + 2s});
        continue;
      }
      nodes_[other].introduced(host(node), now_);
      nodes_[node].answered(*next, PeerId{static_cast<std::uint32_t>(other)}, 1ms, now_);
      for (const auto& each : nodes_[other].list_for(false, now_)) nodes_[node].told(each.address, *next, now_);
    }
  }

  Instant now_{1000s};
  std::vector<Members> nodes_;
  std::size_t cut_;
  std::vector<bool> up_;
  std::vector<Pending> pending_;
};

TEST_CASE("nodes that know the first alone come to know all, and forget the first when it dies", "[members]") {
  Network network(40);
  network.passes(10s);
  CHECK(network.all_know_all_but({}));
  network.dies(0);
  network.passes(130s);
  CHECK(network.all_know_all_but({0}));
}

TEST_CASE("halves of a network that were apart find each other within ten seconds", "[members]") {
  Network network(24);
  network.passes(20s);
  REQUIRE(network.all_know_all_but({}));
  network.cut_at(12);
  network.passes(300s);
  for (std::size_t i = 0; i < 24; ++i) {
    const auto known = network.known_to(i);
    CHECK(std::ranges::none_of(known, [&](std::size_t other) { return (other < 12) != (i < 12); }));
  }
  network.cut_at(24);
  network.passes(10s);
  // Through any node of either half all of the other are found.
  CHECK(network.all_know_all_but({}));
}

TEST_CASE("a visitor hears of a thousand members in one answer, and may ask all of them at once", "[members]") {
  const Instant now{1000s};
  Members known(PeerId{5'000});
  for (std::size_t i = 0; i < 1'000; ++i) known.answered(host(i), PeerId{static_cast<std::uint32_t>(i)}, 1ms, now);
  Members visitor(PeerId{6'000});
  for (const auto& each : known.list_for(false, now)) visitor.told(each.address, host(0), now);
  CHECK(visitor.candidates(now).size() == 1'000);
}

}  // namespace
}  // namespace p2p
