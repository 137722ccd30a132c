// A door with a clock, what it is asked for, and what it has decided on each caller.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "protocol/door/door.hpp"
#include "protocol/wire/handshake.hpp"

namespace p2p::test {

using namespace std::chrono_literals;

inline constexpr ContentPrefix kModel{std::byte{1}}, kOther{std::byte{2}}, kQuestion{std::byte{3}},
    kNothing{std::byte{4}}, kNetwork{std::byte{5}};

inline Origin machine(unsigned number) {
  return Origin::of(Origin::V4{std::byte{10}, std::byte(number >> 16), std::byte(number >> 8), std::byte(number)});
}

struct Shop final : DoorUses {
  bool exchanges(const std::optional<ContentPrefix>& content) const override {
    return content ? shared.contains(*content) : classic;
  }
  bool gives_manifest(const ContentPrefix& content) const override { return shared.contains(content); }
  bool knows_members_of(const ContentPrefix& network) const override { return network == kNetwork; }
  bool answers(const ContentPrefix& question) const override { return question == kQuestion; }

  std::set<ContentPrefix> shared{kModel, kOther};
  bool reads_features() const override { return extended; }
  bool extended = true;
  bool classic = false;
};

/// A door, its clock, and what it has decided on each caller.
class Porch {
 public:
  explicit Porch(const DoorLimits& limits = {}) : door(limits, shop) {}

  CallerId comes(unsigned from = 1) {
    const CallerId caller = door.accept(machine(from), now);
    // The door may give a number anew only after its caller is gone.
    said.erase(caller);
    settle();
    return caller;
  }
  void says(CallerId caller, const Features& features) { says(caller, Handshake{PeerId{7}, encode(features)}); }
  void says(CallerId caller, const Handshake& handshake) {
    door.on_bytes(caller, encode(handshake), now);
    settle();
  }
  CallerId links(unsigned from = 1, const ContentPrefix& content = kModel) {
    const CallerId caller = comes(from);
    says(caller, Features{.content = content});
    return caller;
  }
  CallerId asks(unsigned from = 1, const ContentPrefix& question = kQuestion) {
    const CallerId caller = comes(from);
    says(caller, Features{.fetch_catalog = true, .content = question});
    return caller;
  }
  void waits(Duration time) {
    now += time;
    door.on_timer(now);
    settle();
  }
  void settle() {
    while (const auto effect = door.poll_effect()) std::visit(Note{*this}, *effect);
  }
  std::string fate(CallerId caller) const {
    const auto found = said.find(caller);
    return found == said.end() ? "" : found->second;
  }

  struct Note {
    Porch& porch;
    void operator()(const Admit& admit) const {
      constexpr const char* kUses[] = {"exchange", "manifest", "catalog", "members"};
      porch.said[admit.caller] = kUses[static_cast<std::size_t>(admit.use)];
      porch.last = admit;
    }
    void operator()(const Dismiss& dismiss) const { porch.said[dismiss.caller] = "out: " + dismiss.reason; }
  };

  Shop shop;
  Door door;
  Instant now{1000s};
  std::map<CallerId, std::string> said;
  std::optional<Admit> last;
};

}  // namespace p2p::test
