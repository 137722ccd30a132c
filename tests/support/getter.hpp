// A `get` on virtual time for tests: the steps, and a shell that carries nothing out and keeps what it was told to do.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peer/node/get_steps.hpp"
#include "tests/support/catch.hpp"

namespace p2p::test {

inline ContentId content(std::uint8_t digit) {
  ContentId id{};
  id[0] = std::byte{digit};
  return id;
}

inline Address host(std::uint32_t number) { return {"h", static_cast<std::uint16_t>(number)}; }

inline Holder holder(std::uint32_t number, std::uint8_t digit = 7) {
  return {PeerId{number}, host(number), "10.0.0." + std::to_string(number), "f", content(digit), 12};
}

class Getter {
 public:
  using Options = GetSteps::Options;

  explicit Getter(Options options = {}) : steps(named(std::move(options)), now) { timer(); }

  /// One round in which these answer; then what the steps ask for.
  void round(const std::vector<Holder>& found) {
    for (const Holder& each : found) steps.on_holder(each);
    answered = found.empty() ? answered : found.size();
    steps.on_looked(asked(), now);
    take();
  }
  /// Time passes; a round that begins meanwhile finds these, at once.
  void passes(Duration time, const std::vector<Holder>& found = {}) {
    const Instant until = now + time;
    while (!ended() && steps.next_deadline() <= until) {
      now = std::max(now, steps.next_deadline());
      looks.clear();
      timer();
      if (!looks.empty() && !ended()) round(found);
    }
    now = until;
  }
  void timer() {
    steps.on_timer(now);
    take();
  }
  /// Up to the fetch of this content, which holder 1 has.
  void fetches(std::uint8_t digit = 7) {
    round({holder(1, digit)});
    steps.on_manifest(content(digit));
    steps.on_begun(now);
    timer();
  }
  void links(std::uint32_t count) { steps.on_offering(count, now); }

  GetSteps::Asked asked() const { return {answered, failures}; }
  bool ended() const { return end.has_value(); }
  bool fails(ExitCode code, const std::string& text) const {
    return end && end->code == code && end->error.find(text) != std::string::npos;
  }

  void take() {
    while (const auto effect = steps.poll_effect()) {
      REQUIRE_FALSE(end);
      if (const auto* look = std::get_if<GetSteps::Look>(&*effect)) looks.push_back(*look);
      if (const auto* ask = std::get_if<GetSteps::AskForManifest>(&*effect))
        for (const Holder& each : ask->holders) asked_for_manifest.push_back(each.address);
      if (const auto* add = std::get_if<GetSteps::AddHolder>(&*effect)) added.push_back(add->holder.address);
      if (const auto* said = std::get_if<GetSteps::Say>(&*effect)) words.push_back(said->text);
      settled += std::holds_alternative<GetSteps::Settle>(*effect);
      arrived += std::holds_alternative<GetSteps::Arrived>(*effect);
      retired += std::holds_alternative<GetSteps::Retire>(*effect);
      begun += std::holds_alternative<GetSteps::Begin>(*effect);
      fetches_ended += std::holds_alternative<GetSteps::EndFetch>(*effect);
      if (const auto* last = std::get_if<GetSteps::End>(&*effect)) end = *last;
    }
  }

  Instant now{std::chrono::seconds(100)};
  std::size_t answered = 1;
  std::map<Address, DialFailure> failures;
  GetSteps steps;
  std::vector<GetSteps::Look> looks;
  std::vector<Address> asked_for_manifest;
  std::vector<Address> added;
  std::vector<std::string> words;
  int settled = 0;
  int arrived = 0;
  int retired = 0;
  int begun = 0;
  int fetches_ended = 0;
  std::optional<GetSteps::End> end;

 private:
  static Options named(Options options) {
    if (options.wanted.empty()) options.wanted = std::string("f");
    if (options.join.empty()) options.join = {{"j", 1}};
    return options;
  }
};

}  // namespace p2p::test
