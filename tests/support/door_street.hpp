// Random callers at a door, against a naive model that recounts everything: no limit is ever passed, nobody is handed
// out twice, and every caller is either handed to a use, dismissed, or still on its way. For a property test, whose
// choices are random, and for a fuzzer, whose choices are its input.
#pragma once

#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocol/door/door.hpp"

namespace p2p::test {

inline constexpr DoorLimits kTightLimits{.greeting = 6,
                                         .greeting_by_origin = 4,
                                         .texts = 5,
                                         .texts_by_origin = 3,
                                         .draining = 4,
                                         .texts_burst = 1000,
                                         .texts_per_second = 1000,
                                         .links = 7,
                                         .links_by_origin = 4,
                                         .contents = 2};

enum class CallerStage { greeting, text, draining, linked, dismissed };

struct SeenCaller {
  unsigned origin;
  std::optional<unsigned> key{};  ///< Once it has proven one.
  bool honest = true;             ///< It shows the ID that it has proven, or has proven none.
  CallerStage stage = CallerStage::greeting;
  ContentPrefix content{};
};

struct AllKnown final : DoorUses {
  bool exchanges(const std::optional<ContentPrefix>&) const override { return true; }
  bool gives_manifest(const ContentPrefix&) const override { return true; }
  bool knows_members_of(const ContentPrefix& network) const override { return network[0] != std::byte{1}; }
  bool answers(const ContentPrefix& question) const override { return question[0] != std::byte{1}; }
};

/// `Choices::below(bound)` makes every choice; step() throws std::logic_error when the door breaks a rule.
template <class Choices>
class Street {
 public:
  explicit Street(Choices& choices) : choices_(choices) {}

  void step() {
    switch (choices_.below(8)) {
      case 0:
      case 1: come(); break;
      case 2:
      case 3: greet(); break;
      case 4: act(CallerStage::text); break;
      case 5: act(CallerStage::linked); break;
      case 6: go(); break;
      default: now_ += std::chrono::milliseconds(choices_.below(1500));
    }
    if (door_.next_deadline() <= now_) door_.on_timer(now_);
    settle();
    check();
  }

 private:
  void come() {
    const auto origin = static_cast<unsigned>(choices_.below(3));
    const CallerId caller = door_.accept(Origin::of(Origin::V4{std::byte(origin)}), now_);
    must(seen_.try_emplace(caller, SeenCaller{origin}).second);
    if (choices_.below(2) == 0) prove(caller);
  }

  /// Keys are not bound to addresses. Some are of another peer than the one whose ID is shown.
  void prove(CallerId caller) {
    const unsigned key = choices_.below(3);
    Proof proof{.peer = PeerId{choices_.below(8) == 0 ? 8u : 7u}};
    proof.key[0] = std::byte(key);
    door_.on_proven(caller, proof, now_);
    seen_.at(caller).key = key;
    seen_.at(caller).honest = proof.peer == PeerId{7};
  }

  void greet() {
    if (seen_.empty()) return;
    const auto wish = choices_.below(4);
    const Features features{.fetch_manifest = wish == 0,
                            .fetch_catalog = wish == 1,
                            .fetch_members = wish == 2,
                            .content = {std::byte(choices_.below(4))}};
    auto greeting = encode(Handshake{PeerId{7}, encode(features)});
    if (choices_.below(8) == 0) greeting[choices_.below(kHandshakeBytes)] = std::byte(choices_.below(256));
    const std::size_t count = choices_.below(4) == 0 ? choices_.below(kHandshakeBytes) : kHandshakeBytes;
    door_.on_bytes(any(), std::span(greeting).first(count), now_);
  }

  void act(CallerStage stage) {
    if (seen_.empty()) return;
    const CallerId caller = any();
    if (stage == CallerStage::linked) return door_.on_link_used(caller, now_);
    if (choices_.below(2) == 0) return door_.on_text_moved(caller, now_);
    door_.on_text_written(caller, now_);
    if (seen_.at(caller).stage == CallerStage::text) seen_.at(caller).stage = CallerStage::draining;
  }

  void go() {
    if (seen_.empty()) return;
    const CallerId caller = any();
    door_.on_gone(caller);
    seen_.erase(caller);
  }

  CallerId any() {
    return std::next(seen_.begin(),
                     static_cast<std::ptrdiff_t>(choices_.below(static_cast<std::uint32_t>(seen_.size()))))
        ->first;
  }

  static void must(bool holds) {
    if (!holds) throw std::logic_error("the door broke a rule");
  }

  void settle() {
    while (const auto effect = door_.poll_effect()) {
      if (const auto* admit = std::get_if<Admit>(&*effect)) {
        SeenCaller& seen = seen_.at(admit->caller);
        must(seen.stage == CallerStage::greeting && seen.honest);
        seen.stage = admit->use == Use::exchange ? CallerStage::linked : CallerStage::text;
        seen.content = admit->content;
      } else {
        SeenCaller& seen = seen_.at(std::get<Dismiss>(*effect).caller);
        must(seen.stage != CallerStage::dismissed);
        seen.stage = CallerStage::dismissed;
      }
    }
  }

  void check() const {
    std::map<CallerStage, std::uint32_t> all;
    std::map<std::pair<CallerStage, unsigned>, std::uint32_t> by_origin;
    std::map<ContentPrefix, std::uint32_t> contents;
    for (const auto& [caller, seen] : seen_) {
      ++all[seen.stage];
      ++by_origin[{seen.stage, seen.origin}];
      if (seen.key) ++by_origin[{seen.stage, kFirstKey + *seen.key}];
      if (seen.stage == CallerStage::linked) ++contents[seen.content];
    }
    must(door_.callers() == seen_.size());
    must(all[CallerStage::greeting] <= kTightLimits.greeting);
    must(all[CallerStage::text] <= kTightLimits.texts);
    must(all[CallerStage::draining] <= kTightLimits.draining);
    must(all[CallerStage::linked] <= kTightLimits.links);
    must(contents.size() <= kTightLimits.contents);
    for (const auto& [key, count] : by_origin) {
      // Who greets is counted by address: who cares who he is has to hear it first.
      if (key.first == CallerStage::greeting && key.second < kFirstKey) must(count <= kTightLimits.greeting_by_origin);
      if (key.first == CallerStage::text) must(count <= kTightLimits.texts_by_origin);
      if (key.first == CallerStage::linked) must(count <= kTightLimits.links_by_origin);
    }
    if (all[CallerStage::greeting] + all[CallerStage::text] + all[CallerStage::draining] > 0)
      must(door_.next_deadline() < kNever);
  }

  static constexpr unsigned kFirstKey = 1000;

  Choices& choices_;
  Instant now_{std::chrono::seconds(1000)};
  AllKnown uses_;
  Door door_{kTightLimits, uses_};
  std::map<CallerId, SeenCaller> seen_;
};

}  // namespace p2p::test
