// Slots among neighbors that do not use them: an open swarm serves who asks soon, and for ever after.
#include <deque>
#include <string>

#include "protocol/random.hpp"
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

constexpr ContentPrefix kContent{std::byte{7}};
constexpr std::uint32_t kSlots = 4;

enum class Kind : std::uint8_t {
  honest,  ///< Asks for the next piece as soon as it may.
  silent,  ///< Is interested and never asks.
  fickle,  ///< The same, and loses and finds its interest all the time.
  deaf,    ///< Asks, and reads nothing of what comes.
};

/// A complete peer and the neighbors that want something of it.
class Street {
 public:
  Street(bool open, std::uint64_t seed) : stage_(scene(open, seed)), random_(seed) {}

  std::size_t joins(Kind kind) {
    Remote& remote = stage_.accepts();
    stage_.swarm.on_handshake(
        remote.link(),
        {PeerId{static_cast<std::uint32_t>(1002 + houses_.size())}, encode(Features{.content = kContent})}, stage_.now);
    stage_.settle();
    remote.says("bitfield 0000");
    remote.says("interested");
    houses_.push_back({remote, kind});
    return houses_.size() - 1;
  }

  void passes(Duration time) {
    constexpr Duration kStep = 50ms;
    for (Duration passed{}; passed < time; passed += kStep) {
      for (House& house : houses_) acts(house);
      stage_.passes(kStep);
    }
  }

  int served(std::size_t house) const { return houses_[house].served; }
  int choked(std::size_t house) const { return houses_[house].choked; }

 private:
  struct House {
    Remote& remote;
    Kind kind;
    bool may_ask = false;
    bool blocked = false;
    int served = 0;
    int choked = 0;
  };

  static Scene scene(bool open, std::uint64_t seed) {
    return {.listed = {1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008},
            .stored = "1111",
            .preferred = kSlots,
            .seed = seed,
            .content = kContent,
            .open = open};
  }

  void acts(House& house) {
    if (house.kind == Kind::fickle && random_.below(10) == 0) {
      house.remote.says("not interested");
      house.remote.says("interested");
    }
    if (house.blocked || !house.remote.ready()) return;
    const std::string heard = house.remote.hears();
    for (std::size_t at = 0; at < heard.size();
         at = heard.find(", ", at) == std::string::npos ? heard.size() : heard.find(", ", at) + 2) {
      const std::string_view word = std::string_view(heard).substr(at);
      if (word.starts_with("unchoke")) house.may_ask = true;
      if (word.starts_with("choke")) house.may_ask = false, ++house.choked;
      if (word.starts_with("piece")) ++house.served;
    }
    if (!house.may_ask || house.kind == Kind::silent || house.kind == Kind::fickle) return;
    house.remote.says("request " + std::to_string(house.served % 4));
    if (house.kind == Kind::honest) return;
    Bytes head;
    stage_.swarm.poll_send(house.remote.link(), head);
    stage_.swarm.on_send_blocked(house.remote.link(), stage_.now);
    house.blocked = true;
  }

  Stage stage_;
  Random random_;
  std::deque<House> houses_;
};

TEST_CASE("among 300 that are interested and never ask, one that asks is served soon and for ever after",
          "[open][random]") {
  for (const Kind kind : {Kind::silent, Kind::fickle})
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      INFO("kind " << static_cast<int>(kind) << ", seed " << seed);
      Street street(true, seed);
      for (int i = 0; i < 300; ++i) street.joins(kind);
      const std::size_t honest = street.joins(Kind::honest);
      street.passes(std::chrono::seconds((300 + kSlots - 1) / kSlots + 2));
      REQUIRE(street.served(honest) > 0);
      const int choked = street.choked(honest);
      for (int second = 0; second < 40; ++second) {
        const int before = street.served(honest);
        street.passes(1s);
        REQUIRE(street.served(honest) > before);
      }
      CHECK(street.choked(honest) == choked);
    }
}

TEST_CASE("among neighbors that take nothing of what they ask for, one that reads is served", "[open][random]") {
  Street street(true, 1);
  for (int i = 0; i < 20; ++i) street.joins(Kind::deaf);
  const std::size_t honest = street.joins(Kind::honest);
  street.passes(30s);
  CHECK(street.served(honest) > 0);
}

TEST_CASE("many that ask share the slots among themselves, whatever the others do", "[open][random]") {
  Street street(true, 2);
  for (int i = 0; i < 100; ++i) street.joins(Kind::silent);
  std::vector<std::size_t> honest;
  for (int i = 0; i < 8; ++i) honest.push_back(street.joins(Kind::honest));
  street.passes(30s);
  std::vector<int> before;
  for (const std::size_t house : honest) before.push_back(street.served(house));
  street.passes(120s);
  int total = 0;
  for (std::size_t i = 0; i < honest.size(); ++i) {
    CHECK(street.served(honest[i]) > before[i]);
    total += street.served(honest[i]) - before[i];
  }
  // Of 5 slots with 20 pieces a second each, second chances take a second of one slot every 30 s.
  CHECK(total > 120 * 20 * 5 * 9 / 10);
}

TEST_CASE("a swarm by a list has the course's choker: who does not ask keeps its slot", "[random]") {
  Street street(false, 1);
  std::vector<std::size_t> all;
  for (int i = 0; i < 5; ++i) all.push_back(street.joins(Kind::silent));
  street.joins(Kind::honest);
  street.passes(4s);  // less than an interval
  for (const std::size_t house : all) CHECK(street.choked(house) == 0);
}

}  // namespace
}  // namespace p2p
