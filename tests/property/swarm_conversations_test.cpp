// One swarm among neighbors that do whatever the protocol allows, at random. After every step what the swarm said is
// held against the protocol's rules, as each neighbor can see them.
#include <algorithm>
#include <set>
#include <vector>

#include "protocol/random.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;

/// A neighbor and what it knows of the swarm from the bytes alone.
struct Neighbor {
  Remote* remote;
  std::uint32_t id;
  Bitfield has;                            ///< What it said it has.
  bool said_something = false;             ///< A first message came from it, so that its interest is answered.
  bool is_interested = false;              ///< As it said.
  bool unchokes = false;                   ///< As it said.
  Bitfield told;                           ///< What the swarm said it has.
  bool swarm_is_interested = false;        ///< As the swarm said.
  bool choked = true;                      ///< As the swarm said.
  std::set<std::uint32_t> asked{};         ///< By it of the swarm since the last unchoke.
  std::vector<std::uint32_t> to_answer{};  ///< What the swarm asks of it.
  std::set<std::uint32_t> open{};          ///< The same, without what the swarm has given up.
  std::ptrdiff_t stalls = 0;
  bool greeted = false;  ///< The swarm's bitfield came.
};

class Conversation {
 public:
  Conversation(std::uint64_t seed, const test::Scene& scene)
      : random_(seed),
        slots_(scene.preferred),
        pipeline_(scene.pipeline),
        everybody_(scene.listed),
        listed_(scene.listed),
        favors_(!scene.favored.empty()),
        size_(static_cast<std::uint32_t>(scene.stored.size())),
        stage_(scene) {}

  void step() {
    if (neighbors_.empty() || (neighbors_.size() + 1 < listed_.size() && random_.below(10) == 0)) return join();
    Neighbor& n = neighbors_[random_.below(static_cast<std::uint32_t>(neighbors_.size()))];
    switch (random_.below(16)) {
      case 0: return leave(n);
      case 1: return say(n, n.is_interested ? "not interested" : "interested");
      case 2: return say(n, "interested");  // perhaps again
      case 3: return choke(n);
      case 4:
      case 5: return unchoke(n);
      case 6: return have(n);
      case 7:
      case 8: return ask(n);
      case 9: return stage_.passes(from_seconds(random_.unit() * 0.2));
      case 10: return stage_.passes(from_seconds(random_.unit() * 6));
      case 11:
        if (!n.to_answer.empty()) n.to_answer.erase(n.to_answer.begin());  // a request gets lost
        return;
      default: return answer(n);
    }
  }

  /// Reads everything that the swarm has to say to everybody, and judges it.
  void listen() {
    for (Neighbor& n : neighbors_) {
      REQUIRE_FALSE(n.remote->closed());  // nobody here does wrong
      if (const auto stalls = stalls_of(n); std::exchange(n.stalls, stalls) != stalls) n.open.clear();
      const std::string heard = n.remote->hears();
      INFO("to " << n.id << ": " << heard);
      for (std::size_t from = 0; from < heard.size();) {
        const std::size_t to = std::min(heard.find(", ", from), heard.size());
        hear(n, heard.substr(from, to - from));
        from = to + 2;
      }
      judge(n);
    }
    REQUIRE(std::ranges::count(neighbors_, false, &Neighbor::choked) <= std::ptrdiff_t{slots_} + 1);
    std::set<std::string> stored;
    for (const std::string& event : stage_.events)
      if (event.starts_with("stored ")) REQUIRE(stored.insert(event.substr(0, event.find(" from"))).second);
  }

  /// Another list: each of the others is in it, has moved, or is not.
  void relist() {
    std::vector<std::uint32_t> listed{everybody_.front()}, moved, favored;
    for (std::size_t i = 1; i < everybody_.size(); ++i) {
      const std::uint32_t kind = random_.below(6);
      if (kind == 0) continue;
      listed.push_back(everybody_[i]);
      if (kind == 1) moved.push_back(everybody_[i]);
      if (favors_ && favored.size() <= slots_) favored.push_back(everybody_[i]);
    }
    if (listed.size() == 1) return;
    listed_ = listed;
    stage_.relists(listed, moved, {}, favored);
    const auto is_in = [](const std::vector<std::uint32_t>& ids, std::uint32_t id) {
      return std::ranges::find(ids, id) != ids.end();
    };
    for (const Neighbor& n : neighbors_) REQUIRE(n.remote->closed() == (!is_in(listed, n.id) || is_in(moved, n.id)));
    std::erase_if(neighbors_, [](const Neighbor& n) { return n.remote->closed(); });
    REQUIRE(stage_.swarm.linked_neighbors() == neighbors_.size());
    REQUIRE(stage_.swarm.standing().neighbors.size() + 1 == listed.size());
  }

  bool complete() const { return stage_.swarm.complete(); }

 private:
  // --- what neighbors do -------------------------------------------------------------------------------------------

  void join() {
    std::uint32_t id = 0;
    do id = listed_[1 + random_.below(static_cast<std::uint32_t>(listed_.size()) - 1)];
    while (std::ranges::find(neighbors_, id, &Neighbor::id) != neighbors_.end());
    Neighbor n{.remote = &stage_.accepts(), .id = id, .has = Bitfield(size_), .told = Bitfield(size_)};
    n.remote->shakes_hands(id);
    if (const auto kind = random_.below(4); kind > 0) {
      for (std::uint32_t i = 0; i < size_; ++i)
        if (random_.below(3) < kind) n.has.set(PieceIndex{i});  // a third, two thirds, all
      n.remote->says("bitfield " + test::picture(n.has));
      n.said_something = true;
    }
    n.stalls = stalls_of(n);
    neighbors_.push_back(std::move(n));
  }

  void leave(Neighbor& n) {
    if (random_.below(4) > 0) return;
    n.remote->leaves();
    neighbors_.erase(neighbors_.begin() + (&n - neighbors_.data()));
  }

  void say(Neighbor& n, std::string_view message) {
    n.said_something = true;
    if (message == "interested") n.is_interested = true;
    if (message == "not interested") n.is_interested = false;
    n.remote->says(message);
  }

  void choke(Neighbor& n) {
    n.unchokes = false;
    n.to_answer.clear();
    n.open.clear();
    say(n, "choke");
  }

  void unchoke(Neighbor& n) {
    n.unchokes = true;
    say(n, "unchoke");
  }

  void have(Neighbor& n) {
    const PieceIndex piece{random_.below(size_)};
    n.has.set(piece);
    say(n, "have " + std::to_string(piece.value));
  }

  void ask(Neighbor& n) {
    const std::uint32_t piece = random_.below(size_);
    if (!n.choked) n.asked.insert(piece);
    say(n, "request " + std::to_string(piece));
  }

  void answer(Neighbor& n) {
    if (n.to_answer.empty()) return;
    const std::uint32_t piece = n.to_answer.front();
    n.to_answer.erase(n.to_answer.begin());
    n.open.erase(piece);
    n.remote->gives(piece);
  }

  // --- what the swarm may say --------------------------------------------------------------------------------------

  void hear(Neighbor& n, const std::string& message) {
    const std::size_t digits = message.find_first_of("0123456789");
    const bool has_index = digits != std::string::npos && !message.starts_with("bitfield");
    const PieceIndex piece{has_index ? static_cast<std::uint32_t>(std::stoul(message.substr(digits))) : 0};
    if (message.starts_with("bitfield")) {
      n.greeted = true;
      n.told = test::pieces(message.substr(digits));
    } else if (message.starts_with("have")) {
      REQUIRE(n.greeted);
      REQUIRE(n.told.set(piece));  // not told before
    } else if (message == "interested" || message == "not interested") {
      n.swarm_is_interested = message == "interested";
    } else if (message == "choke" || message == "unchoke") {
      REQUIRE(n.choked == (message == "unchoke"));
      n.choked = message == "choke";
      n.asked.clear();
    } else if (message.starts_with("request")) {
      REQUIRE(n.unchokes);
      REQUIRE(n.has.test(piece));
      REQUIRE_FALSE(stage_.swarm.stored().test(piece));
      REQUIRE(n.open.insert(piece.value).second);
      REQUIRE(n.open.size() <= pipeline_);
      if (std::ranges::find(n.to_answer, piece.value) == n.to_answer.end()) n.to_answer.push_back(piece.value);
    } else if (message.starts_with("piece")) {
      REQUIRE_FALSE(n.choked);
      REQUIRE(n.asked.erase(piece.value) == 1);
      REQUIRE(stage_.swarm.stored().test(piece));
    } else {
      REQUIRE(message.starts_with("handshake"));
      REQUIRE_FALSE(n.greeted);
    }
  }

  /// How often the swarm gave up its requests to this neighbor, over all its links.
  std::ptrdiff_t stalls_of(const Neighbor& n) const {
    const std::string who = " stalled at " + std::to_string(n.id);
    return std::ranges::count_if(stage_.events, [&](const std::string& event) { return event.ends_with(who); });
  }

  void judge(const Neighbor& n) {
    REQUIRE(n.greeted);
    REQUIRE(n.told == stage_.swarm.stored());
    if (n.said_something) REQUIRE(n.swarm_is_interested == (n.has.count_without(stage_.swarm.stored()) > 0));
  }

  Random random_;
  std::uint32_t slots_;
  std::uint32_t pipeline_;
  std::vector<std::uint32_t> everybody_;  ///< Who may ever be listed; the swarm itself is the first.
  std::vector<std::uint32_t> listed_;
  bool favors_;
  std::uint32_t size_;
  Stage stage_;
  std::vector<Neighbor> neighbors_;
};

// Few, and no multiple of eight: what a bitfield says is beyond doubt (bit_order.hpp), as these neighbors repeat
// themselves.
constexpr std::size_t kPieces = 41;

/// What a seed makes of a conversation: it may be the swarm's that has everything, that asks for much at once, or that
/// favors some.
test::Scene scene_of(std::uint64_t seed) {
  const auto preferred = static_cast<std::uint32_t>(seed % 4);
  test::Scene scene{.listed = {1001, 1002, 1003, 1004, 1005, 1006, 1007},
                    .stored = seed % 5 == 0 ? std::string(kPieces, '1') : std::string(kPieces, '0'),
                    .preferred = preferred,
                    .pipeline = seed % 2 == 0 ? 1u : 8u,
                    .seed = seed};
  if (seed % 3 == 0) {
    scene.policy = ChokingPolicy::cooperative;
    for (std::uint32_t i = 0; i <= preferred; ++i) scene.favored.push_back(1002 + i);
  }
  return scene;
}

TEST_CASE("whatever neighbors do, the swarm keeps to the protocol", "[random]") {
  int completed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Conversation conversation(seed, scene_of(seed));
    for (int i = 0; i < 1500; ++i) {
      INFO("step " << i);
      conversation.step();
      conversation.listen();
    }
    completed += conversation.complete();
  }
  CHECK(completed > 30);  // the conversations get somewhere
}

TEST_CASE("so it does when the list of peers becomes another one again and again", "[random]") {
  int completed = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    Conversation conversation(seed, scene_of(seed));
    for (int i = 0; i < 1500; ++i) {
      INFO("step " << i);
      i % 50 == 49 ? conversation.relist() : conversation.step();
      conversation.listen();
    }
    completed += conversation.complete();
  }
  CHECK(completed > 15);
}

}  // namespace
}  // namespace p2p
