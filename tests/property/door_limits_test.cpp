// The door under random callers, against a naive model that recounts everything: no limit is ever passed, nobody is
// handed out twice, and every caller is either handed to a use, dismissed, or still on its way.
#include <map>

#include "protocol/door/door.hpp"
#include "protocol/random.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr DoorLimits kLimits{.greeting = 6, .greeting_by_origin = 4, .texts = 5, .texts_by_origin = 3, .draining = 4,
                             .texts_burst = 1000, .texts_per_second = 1000, .links = 7, .links_by_origin = 4, .contents = 2};

enum class Stage { greeting, text, draining, linked, dismissed };

struct Seen {
  unsigned origin;
  Stage stage = Stage::greeting;
  ContentPrefix content{};
};

struct AllKnown final : DoorUses {
  bool exchanges(const std::optional<ContentPrefix>&) const override { return true; }
  bool gives_manifest(const ContentPrefix&) const override { return true; }
  bool answers(const ContentPrefix& question) const override { return question[0] != std::byte{1}; }
};

class Street {
 public:
  explicit Street(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.below(8)) {
      case 0:
      case 1: come(); break;
      case 2:
      case 3: greet(); break;
      case 4: act(Stage::text); break;
      case 5: act(Stage::linked); break;
      case 6: go(); break;
      default: now_ += std::chrono::milliseconds(random_.below(1500));
    }
    if (door_.next_deadline() <= now_) door_.on_timer(now_);
    settle();
    check();
  }

 private:
  void come() {
    const auto origin = static_cast<unsigned>(random_.below(3));
    const CallerId caller = door_.accept(Origin::of(Origin::V4{std::byte(origin)}), now_);
    REQUIRE(seen_.try_emplace(caller, Seen{origin}).second);
  }

  void greet() {
    if (seen_.empty()) return;
    const auto wish = random_.below(4);
    const Features features{.fetch_manifest = wish == 0, .fetch_catalog = wish == 1, .content = {std::byte(random_.below(4))}};
    door_.on_bytes(any(), encode(Handshake{PeerId{7}, encode(features)}), now_);
  }

  void act(Stage stage) {
    if (seen_.empty()) return;
    const CallerId caller = any();
    if (stage == Stage::linked) return door_.on_link_used(caller, now_);
    if (random_.below(2) == 0) return door_.on_text_moved(caller, now_);
    door_.on_text_written(caller, now_);
    if (seen_.at(caller).stage == Stage::text) seen_.at(caller).stage = Stage::draining;
  }

  void go() {
    if (seen_.empty()) return;
    const CallerId caller = any();
    door_.on_gone(caller);
    seen_.erase(caller);
  }

  CallerId any() { return std::next(seen_.begin(), static_cast<std::ptrdiff_t>(random_.below(static_cast<std::uint32_t>(seen_.size()))))->first; }

  void settle() {
    while (const auto effect = door_.poll_effect()) {
      if (const auto* admit = std::get_if<Admit>(&*effect)) {
        Seen& seen = seen_.at(admit->caller);
        REQUIRE(seen.stage == Stage::greeting);
        seen.stage = admit->use == Use::exchange ? Stage::linked : Stage::text;
        seen.content = admit->content;
      } else {
        Seen& seen = seen_.at(std::get<Dismiss>(*effect).caller);
        REQUIRE(seen.stage != Stage::dismissed);
        seen.stage = Stage::dismissed;
      }
    }
  }

  void check() const {
    std::map<Stage, std::uint32_t> all;
    std::map<std::pair<Stage, unsigned>, std::uint32_t> by_origin;
    std::map<ContentPrefix, std::uint32_t> contents;
    for (const auto& [caller, seen] : seen_) {
      ++all[seen.stage];
      ++by_origin[{seen.stage, seen.origin}];
      if (seen.stage == Stage::linked) ++contents[seen.content];
    }
    REQUIRE(door_.callers() == seen_.size());
    REQUIRE(all[Stage::greeting] <= kLimits.greeting);
    REQUIRE(all[Stage::text] <= kLimits.texts);
    REQUIRE(all[Stage::draining] <= kLimits.draining);
    REQUIRE(all[Stage::linked] <= kLimits.links);
    REQUIRE(contents.size() <= kLimits.contents);
    for (const auto& [key, count] : by_origin) {
      if (key.first == Stage::greeting) REQUIRE(count <= kLimits.greeting_by_origin);
      if (key.first == Stage::text) REQUIRE(count <= kLimits.texts_by_origin);
      if (key.first == Stage::linked) REQUIRE(count <= kLimits.links_by_origin);
    }
    if (all[Stage::greeting] + all[Stage::text] + all[Stage::draining] > 0) REQUIRE(door_.next_deadline() < kNever);
  }

  Random random_;
  Instant now_{1000s};
  AllKnown uses_;
  Door door_{kLimits, uses_};
  std::map<CallerId, Seen> seen_;
};

TEST_CASE("no limit of the door is passed, whatever callers do", "[door]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Street street(seed);
    for (int i = 0; i < 2000; ++i) street.step();
  }
}

}  // namespace
}  // namespace p2p
