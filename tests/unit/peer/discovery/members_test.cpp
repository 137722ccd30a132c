// Members on virtual time: who is asked, who is told to others, who is dropped, and what strangers can make us do.
#include "peer/discovery/members.hpp"

#include <algorithm>
#include <string>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr PeerId kSelf{7};

MemberAddress host(unsigned number, std::uint16_t port = 5000) {
  return MemberAddress::v4({std::byte{10}, std::byte(number >> 16), std::byte(number >> 8), std::byte(number)}, port);
}
MemberAddress local(std::uint16_t port) {
  return MemberAddress::v4({std::byte{127}, std::byte{0}, std::byte{0}, std::byte{1}}, port);
}

struct Bench {
  Instant now{100s};
  Members members{kSelf};

  /// Whom it asks at once.
  std::vector<MemberAddress> asks() {
    std::vector<MemberAddress> all;
    while (const auto next = members.poll(now)) all.push_back(*next);
    return all;
  }
  void answers(const MemberAddress& address, Duration took = 1ms) {
    members.answered(address, PeerId{address.port}, took, now);
  }
  void knows(const MemberAddress& address, Duration took = 1ms) {
    members.introduced(address, now);
    REQUIRE(asks() == std::vector{address});
    answers(address, took);
  }
  std::size_t told_to_others(bool loopback = false) const { return members.list_for(loopback, now).size(); }

  /// For so long each question is answered, or none; how many there were.
  std::size_t passes(Duration time, bool answered) {
    const Instant until = now + time;
    std::size_t questions = 0;
    for (; now < until; now = std::max(now + 1ms, std::min(until, members.next_deadline(now)))) {
      for (const MemberAddress& each : asks()) {
        ++questions;
        answered ? answers(each) : members.failed(each, now);
      }
    }
    now = until;
    return questions;
  }
};

TEST_CASE("only a node that has answered us is told to others", "[members]") {
  Bench b;
  b.members.told(host(1), host(9), b.now);
  b.members.introduced(host(2), b.now);
  CHECK(b.told_to_others() == 0);
  const auto asked = b.asks();
  REQUIRE(asked == std::vector{host(2), host(1)});
  b.answers(host(2));
  b.members.failed(host(1), b.now);
  const auto list = b.members.list_for(false, b.now);
  REQUIRE(list.size() == 1);
  CHECK(list[0] == config::Member{host(2), 5000, 0});
  CHECK(b.asks().empty());
}

TEST_CASE("who does not answer is not told to others, and is dropped after a minute", "[members]") {
  Bench b;
  b.knows(host(1));
  b.now += 20s;
  REQUIRE(b.asks() == std::vector{host(1)});
  b.members.failed(host(1), b.now);
  CHECK(b.told_to_others() == 0);
  CHECK(b.members.is_member(host(1)));
  b.passes(59s, false);
  CHECK(b.members.is_member(host(1)));
  b.passes(7s, false);
  CHECK_FALSE(b.members.is_member(host(1)));
}

TEST_CASE(
    "who leaves is dropped at once, and is no member because others "
    "still name it",
    "[members]") {
  Bench b;
  b.knows(host(1));
  b.members.left(host(1), b.now);
  CHECK(b.members.count() == 0);
  b.members.told(host(1), host(2), b.now);
  CHECK(b.asks().empty());
  // It is back.
  b.members.introduced(host(1), b.now);
  CHECK(b.asks() == std::vector{host(1)});
}

TEST_CASE(
    "a small network is heard of every 30 s, and a large one costs a "
    "question a second",
    "[members]") {
  for (const unsigned count : {25u, 3'000u}) {
    CAPTURE(count);
    Bench b;
    for (unsigned i = 0; i < count; ++i) b.knows(host(i));
    b.passes(30s, true);
    CHECK(b.passes(600s, true) <= 605);
    const auto list = b.members.list_for(false, b.now);
    REQUIRE(list.size() == count);
    if (count == 25) CHECK(list.back().heard_s <= 30);
  }
}

TEST_CASE("a former member is found again within 10 s of its return", "[members]") {
  Bench b;
  for (unsigned i = 1; i <= 4; ++i) b.knows(host(i));
  b.passes(300s, false);
  REQUIRE(b.members.count() == 0);
  b.passes(10s, true);
  CHECK(b.members.count() == 4);
  // But not for ever.
  b.passes(2h, false);
  CHECK(b.passes(1h, false) == 0);
}

TEST_CASE("what the user named is asked until it answers, whatever its port", "[members]") {
  Bench b;
  b.members.named(host(1, 80), b.now);
  CHECK(b.passes(60s, false) >= 10);
  b.passes(6s, true);
  CHECK(b.members.is_member(host(1, 80)));
  CHECK(b.told_to_others() == 1);
}

TEST_CASE("a third party makes us dial 120 addresses a minute at most", "[members]") {
  Bench b;
  unsigned next = 0;
  const auto dials_in_a_minute = [&] {
    std::size_t dials = 0;
    for (const Instant until = b.now + 60s; b.now < until; b.now += 100ms) {
      for (int i = 0; i < 50; ++i) b.members.told(host(++next), host(0x90000), b.now);
      for (const MemberAddress& each : b.asks()) {
        ++dials;
        b.members.failed(each, b.now);
        b.members.told(each, host(0x90000), b.now);
      }
    }
    return dials;
  };
  CHECK(dials_in_a_minute() <= 120);
  CHECK(dials_in_a_minute() <= 62);
  CHECK(b.members.hints() <= MemberLimits{}.hints_by_teller);
}

TEST_CASE(
    "nobody makes us dial a port below 1024, a group, a broadcast, or "
    "ourselves",
    "[members]") {
  Bench b;
  for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{22}, std::uint16_t{1023}}) {
    b.members.told(host(1, port), host(9), b.now);
    b.members.introduced(host(1, port), b.now);
  }
  b.members.told(MemberAddress::v4({std::byte{224}, std::byte{0}, std::byte{0}, std::byte{1}}, 5000), host(9), b.now);
  b.members.told(MemberAddress::v4({std::byte{255}, std::byte{255}, std::byte{255}, std::byte{255}}, 5000), host(9),
                 b.now);
  CHECK(b.asks().empty());
  b.members.introduced(host(1), b.now);
  REQUIRE(b.asks() == std::vector{host(1)});
  b.members.answered(host(1), kSelf, 1ms, b.now);
  CHECK(b.members.count() == 0);
  b.members.told(host(1), host(9), b.now);
  b.members.introduced(host(1), b.now);
  CHECK(b.asks().empty());
}

TEST_CASE(
    "one machine has a few ports among the hints, and not all places of "
    "members",
    "[members]") {
  Bench b;
  for (std::uint16_t port = 2'000; port < 3'000; ++port) b.members.told(host(1, port), host(9), b.now);
  CHECK(b.members.hints() == MemberLimits{}.hints_by_origin);
  for (int round = 0; round < 100; ++round) {
    for (std::uint16_t port = 3'000; port < 3'200; ++port) b.members.introduced(host(2, port), b.now);
    for (const MemberAddress& each : b.asks()) b.answers(each);
  }
  CHECK(b.members.count() <= MemberLimits{}.members_by_origin + MemberLimits{}.hints_by_origin);
}

TEST_CASE("the loopback is for the loopback", "[members]") {
  Bench b;
  b.members.told(local(5000), host(9), b.now);
  CHECK(b.asks().empty());
  b.members.told(local(5000), local(6000), b.now);
  REQUIRE(b.asks() == std::vector{local(5000)});
  b.answers(local(5000));
  CHECK(b.told_to_others(true) == 1);
  CHECK(b.told_to_others(false) == 0);
  // Many nodes on one machine are nothing special.
  for (std::uint16_t port = 10'000; port < 10'200; ++port) b.members.introduced(local(port), b.now);
  for (int round = 0; round < 20; ++round)
    for (const MemberAddress& each : b.asks()) b.answers(each);
  CHECK(b.members.count() == 201);
}

TEST_CASE(
    "fast answerers are asked first, those that failed lately last, and "
    "hints in turn from each teller",
    "[members]") {
  Bench b;
  b.knows(host(1), 50ms);
  b.knows(host(2), 1ms);
  b.knows(host(3), 10ms);
  b.now += 20s;
  REQUIRE(b.asks() == std::vector{host(1)});
  b.members.failed(host(1), b.now);
  for (unsigned i = 0; i < 3'000; ++i) b.members.told(host(1'000 + i), host(0x90000), b.now);
  b.members.told(host(20), host(0x80000), b.now);
  const auto order = b.members.candidates(b.now);
  CHECK(order[0] == host(2));
  CHECK(order[1] == host(3));
  CHECK(std::ranges::find(order, host(20)) - order.begin() <= 3);
  CHECK(order.back() == host(1));
  CHECK(order.size() == 3 + MemberLimits{}.search_burst);
  // The same ones may be asked again; others wait for the budget.
  CHECK(b.members.candidates(b.now).size() == order.size());
  b.now += 60s;
  CHECK(b.members.candidates(b.now).size() <= order.size() + MemberLimits{}.searches_a_minute + 1);
}

TEST_CASE("what is kept is bounded", "[members]") {
  Bench b;
  for (unsigned i = 0; i < 20'000; ++i) b.members.told(host(i), host(0x90000 + i / 1'000), b.now);
  CHECK(b.members.hints() <= MemberLimits{}.hints);
  for (unsigned i = 0; i < 5'000; ++i) {
    b.members.answered(host(i), PeerId{1}, 1ms, b.now);
  }
  CHECK(b.members.count() == MemberLimits{}.members);
  CHECK(b.told_to_others() == MemberLimits{}.members);
}

}  // namespace
}  // namespace p2p
