// Who fetches what from the upstream: one node's decisions, and several nodes on virtual time, with an upstream whose
// link they share.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/swarm/upstream.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr PeerId kSelf{1};
constexpr Instant kStart{1h};

struct Node {
  explicit Node(std::uint32_t pieces, std::uint32_t group = 2, PeerId self = kSelf)
      : upstream(self, pieces, group), todo(Bitfield::full(pieces)) {}

  std::optional<PieceRun> next(std::vector<PieceIndex> urgent = {}) { return upstream.next(todo, urgent, now); }
  void links(std::vector<PeerId> rivals) { upstream.set_rivals(rivals, now); }
  /// The pieces of all runs that are begun now and as soon as they are got.
  std::vector<std::uint32_t> takes_all() {
    std::vector<std::uint32_t> all;
    while (const auto run = next())
      for (std::uint32_t piece = run->first.value; piece < run->end(); ++piece) {
        all.push_back(piece);
        todo.reset(PieceIndex{piece});
        upstream.on_got(PieceIndex{piece});
      }
    return all;
  }

  Upstream upstream;
  Bitfield todo;
  Instant now = kStart;
};

PieceRun run(std::uint32_t first, std::uint32_t count) { return {PieceIndex{first}, count}; }

TEST_CASE("alone, a node fetches everything, two groups at a time and in order", "[upstream]") {
  Node node(7);
  CHECK(node.next() == run(0, 2));
  CHECK(node.next() == run(2, 2));
  CHECK_FALSE(node.next());
  node.todo.reset(PieceIndex{0});
  node.upstream.on_got(PieceIndex{0});
  CHECK_FALSE(node.next());
  node.todo.reset(PieceIndex{1});
  node.upstream.on_got(PieceIndex{1});
  CHECK(node.next() == run(4, 2));
  CHECK(node.upstream.own() == std::vector{run(2, 2), run(4, 2)});
}

TEST_CASE("the last group may be shorter, and what others have is left out", "[upstream]") {
  Node node(7);
  for (const std::uint32_t had : {0u, 1u, 2u, 5u}) node.todo.reset(PieceIndex{had});
  CHECK(node.next() == run(3, 1));
  CHECK(node.next() == run(4, 1));
  CHECK_FALSE(node.next());
  node.upstream.on_got(PieceIndex{3});
  node.todo.reset(PieceIndex{3});
  CHECK(node.next() == run(6, 1));
}

TEST_CASE("nodes that see each other share the groups, none twice and none left out", "[upstream]") {
  std::vector<std::uint32_t> taken;
  for (std::uint32_t id = 1; id <= 4; ++id) {
    Node node(200, 2, PeerId{id});
    std::vector<PeerId> others;
    for (std::uint32_t other = 1; other <= 4; ++other)
      if (other != id) others.push_back(PeerId{other});
    node.links(others);
    const auto own = node.takes_all();
    CHECK(own.size() > 20);
    taken.insert(taken.end(), own.begin(), own.end());
  }
  std::ranges::sort(taken);
  REQUIRE(taken.size() == 200);
  for (std::uint32_t piece = 0; piece < 200; ++piece) CHECK(taken[piece] == piece);
}

TEST_CASE("a neighbor that begins nothing is no owner after half a second", "[upstream]") {
  Node node(200);
  node.links({PeerId{2}, PeerId{3}});
  const auto own = node.takes_all();
  REQUIRE(own.size() < 200);
  node.now += 400ms;
  CHECK(node.takes_all().empty());
  node.now += 100ms;
  CHECK(own.size() + node.takes_all().size() == 200);
}

TEST_CASE("one that speaks is waited for a turn, and what it is at is left to it while it says so", "[upstream]") {
  Node node(200);
  node.links({PeerId{2}});
  node.takes_all();
  std::uint32_t theirs = 0;
  while (!node.todo.test(PieceIndex{theirs})) ++theirs;
  node.upstream.on_word(PeerId{2}, run(theirs, 2), node.now);
  node.now += Upstream::kTurn;
  const auto left = node.takes_all();
  CHECK_FALSE(left.empty());
  CHECK(std::ranges::count(left, theirs) == 0);
  CHECK(node.todo.count() == 2);
  node.now += Upstream::kWordInterval;
  node.upstream.on_word(PeerId{2}, run(theirs, 2), node.now);
  node.now += Upstream::kWordHolds - 1ms;
  CHECK(node.takes_all().empty());
  node.now += 1ms;
  CHECK(node.takes_all().size() == 2);
}

TEST_CASE("what a neighbor gives up, or leaves when it goes, is taken at once", "[upstream]") {
  for (const bool goes : {false, true}) {
    Node node(200);
    node.links({PeerId{2}});
    node.takes_all();
    std::uint32_t theirs = 0;
    while (!node.todo.test(PieceIndex{theirs})) ++theirs;
    node.upstream.on_word(PeerId{2}, run(theirs, 2), node.now);
    CHECK_FALSE(node.next());
    if (goes)
      node.links({});
    else
      node.upstream.on_word(PeerId{2}, run(theirs, 0), node.now);
    CHECK(node.next() == run(theirs, 2));
  }
}

TEST_CASE("of two that begin the same group, one stops", "[upstream]") {
  for (std::uint32_t group = 0; group < 20; ++group) {
    Node a(40, 2, PeerId{1}), b(40, 2, PeerId{2});
    for (Node* const node : {&a, &b}) {
      node->todo = Bitfield(40);
      node->todo.set(PieceIndex{2 * group});
      node->todo.set(PieceIndex{2 * group + 1});
      REQUIRE(node->next() == run(2 * group, 2));
    }
    a.links({PeerId{2}});
    b.links({PeerId{1}});
    a.upstream.on_word(PeerId{2}, run(2 * group, 2), a.now);
    b.upstream.on_word(PeerId{1}, run(2 * group, 2), b.now);
    const auto a_stops = a.upstream.take_given_up(), b_stops = b.upstream.take_given_up();
    CHECK(a_stops.size() + b_stops.size() == 1);
    CHECK(a.upstream.own().size() + b.upstream.own().size() == 1);
    CHECK(a.upstream.take_given_up().empty());
  }
}

TEST_CASE("what has come of a run is not disputed any more", "[upstream]") {
  Node node(2);
  REQUIRE(node.next() == run(0, 2));
  node.upstream.on_got(PieceIndex{0});
  for (std::uint32_t rival = 2; rival < 20; ++rival) {
    node.links({PeerId{rival}});
    node.upstream.on_word(PeerId{rival}, run(0, 1), node.now);
  }
  CHECK(node.upstream.own() == std::vector{run(0, 2)});
}

TEST_CASE("what a reader waits for goes first, also where it is another one's and not begun", "[upstream]") {
  Node node(200);
  node.links({PeerId{2}});
  const auto own = node.takes_all();
  node.todo = Bitfield::full(200);
  std::uint32_t theirs = 0;
  while (std::ranges::count(own, theirs) > 0) theirs += 2;
  node.upstream.on_word(PeerId{2}, run(theirs + 2, 1), node.now);
  CHECK(node.next({PieceIndex{own.back()}})->contains(PieceIndex{own.back()}));
  CHECK(node.next({PieceIndex{theirs}})->contains(PieceIndex{own.front()}));
  node.upstream.on_failed(PieceIndex{own.front()}, node.now - 1min);
  node.now += Upstream::kTurn;
  node.upstream.on_word(PeerId{2}, run(theirs + 2, 1), node.now);
  CHECK(node.next({PieceIndex{theirs}}) == run(theirs, 2));
}

TEST_CASE("after a failure a node pauses, longer each time, until something comes", "[upstream]") {
  Node node(2);
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    REQUIRE(node.next() == run(0, 2));
    node.upstream.on_failed(PieceIndex{0}, node.now);
    node.now += pause - 1ms;
    CHECK_FALSE(node.next());
    node.now += 1ms;
  }
  REQUIRE(node.next());
  node.upstream.on_got(PieceIndex{0});
  node.upstream.on_failed(PieceIndex{0}, node.now);
  node.now += 1s;
  CHECK(node.next());
}

TEST_CASE("neighbors are told again every two seconds while bytes come", "[upstream]") {
  Node node(4);
  REQUIRE(node.next());
  REQUIRE(node.next());
  CHECK(node.upstream.take_words_due(node.now).empty());
  CHECK_FALSE(node.next());
  CHECK(node.upstream.look_at() <= node.now + Upstream::kWordInterval);
  node.now += Upstream::kWordInterval;
  CHECK(node.upstream.take_words_due(node.now).empty());
  node.upstream.on_bytes();
  CHECK(node.upstream.take_words_due(node.now).size() == 2);
  node.upstream.on_bytes();
  CHECK(node.upstream.take_words_due(node.now).empty());
}

TEST_CASE("without anything to do nobody is woken", "[upstream]") {
  Node node(4);
  node.todo = Bitfield(4);
  CHECK_FALSE(node.next());
  CHECK(node.upstream.look_at() == kNever);
}

// --- several nodes ---------------------------------------------------------------------------------------------------

/// Nodes that all hear each other after `delay`, and an upstream that sends a piece each `piece_time`, to those that
/// ask for one in turn. A piece that one has all have a `delay` later. A tick is a millisecond.
struct Crowd {
  Crowd(std::uint32_t count, std::uint32_t pieces, Duration its_delay, Duration its_piece_time)
      : delay(its_delay), piece_time(its_piece_time) {
    for (std::uint32_t i = 0; i < count; ++i) nodes.push_back(std::make_unique<Node>(pieces, 2, PeerId{i + 1}));
    link();
  }

  void link() {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!nodes[i]) continue;
      std::vector<PeerId> others;
      for (std::size_t j = 0; j < nodes.size(); ++j)
        if (j != i && nodes[j]) others.push_back(PeerId{static_cast<std::uint32_t>(j + 1)});
      nodes[i]->links(others);
    }
  }

  void later(std::function<void()> what) { agenda.emplace(now + delay, std::move(what)); }

  void say(std::size_t from, PieceRun word) {
    later([this, from, word] {
      for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i] && i != from) nodes[i]->upstream.on_word(PeerId{static_cast<std::uint32_t>(from + 1)}, word, now);
    });
  }

  void tick() {
    now += 1ms;
    for (; !agenda.empty() && agenda.begin()->first <= now; agenda.erase(agenda.begin())) agenda.begin()->second();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!nodes[i]) continue;
      Node& node = *nodes[i];
      node.now = now;
      for (const PieceRun& stopped : node.upstream.take_given_up()) say(i, {stopped.first, 0});
      for (const PieceRun& word : node.upstream.take_words_due(now)) say(i, word);
      if (wants && !wants(i)) continue;
      while (const auto begun = node.next()) say(i, *begun);
    }
    if (now >= free_at) serve();
  }

  /// Whoever has waited for longest gets the next piece of its first run.
  void serve() {
    for (std::size_t turn = 0; turn < nodes.size(); ++turn) {
      last = (last + 1) % nodes.size();
      if (!nodes[last] || silent == last) continue;
      nodes[last]->upstream.on_bytes();
      for (const PieceRun& own : nodes[last]->upstream.own()) {
        PieceIndex piece = own.first;
        while (own.contains(piece) && got[{last, piece.value}]) ++piece.value;
        if (!own.contains(piece)) continue;
        ++sent;
        free_at = now + piece_time;
        got[{last, piece.value}] = true;
        nodes[last]->upstream.on_got(piece);
        nodes[last]->todo.reset(piece);
        later([this, piece] {
          for (const auto& node : nodes)
            if (node) node->todo.reset(piece);
        });
        return;
      }
    }
  }

  bool completes(Duration limit) {
    const auto lacks = [](const auto& node) { return node && node->todo.count() > 0; };
    for (const Instant until = now + limit; now < until && std::ranges::any_of(nodes, lacks);) tick();
    return std::ranges::none_of(nodes, lacks);
  }

  Duration delay, piece_time;
  Instant now = kStart, free_at{};
  std::vector<std::unique_ptr<Node>> nodes;
  std::multimap<Instant, std::function<void()>> agenda;
  std::map<std::pair<std::size_t, std::uint32_t>, bool> got;
  std::optional<std::size_t> silent;       ///< Asks, and gets nothing.
  std::function<bool(std::size_t)> wants;  ///< Null: all.
  std::size_t last = 0, sent = 0;
};

TEST_CASE("eight nodes that begin together fetch one copy, in hardly more than the time of it", "[upstream]") {
  Crowd crowd(8, 400, 2ms, 20ms);
  REQUIRE(crowd.completes(400 * 20ms * 5 / 4));
  CHECK(crowd.sent <= 400 * 102 / 100);
}

TEST_CASE("over long ways hardly more is sent", "[upstream]") {
  Crowd crowd(8, 400, 100ms, 20ms);
  REQUIRE(crowd.completes(400 * 20ms * 3 / 2));
  CHECK(crowd.sent <= 400 * 110 / 100);
}

TEST_CASE("nodes that do not read cost half a second and no copies", "[upstream]") {
  Crowd crowd(8, 100, 2ms, 20ms);
  crowd.wants = [](std::size_t node) { return node < 2; };
  REQUIRE(crowd.completes(100 * 20ms + 1s));
  CHECK(crowd.sent <= 102);
}

TEST_CASE("when a node dies in the middle, or hangs, the others take over", "[upstream]") {
  for (const bool dies : {true, false}) {
    Crowd crowd(4, 200, 2ms, 20ms);
    REQUIRE_FALSE(crowd.completes(1s));
    if (dies) {
      crowd.nodes[0].reset();
      crowd.link();
    } else {
      crowd.silent = 0;
      crowd.later([&crowd] {
        for (const PieceRun& own : crowd.nodes[0]->upstream.own()) {
          crowd.nodes[0]->upstream.on_failed(own.first, crowd.now);
          crowd.say(0, {own.first, 0});
        }
      });
    }
    // What the silent one began last is left to it until its word is too old.
    REQUIRE(crowd.completes(200 * 20ms * 3 / 2 + (dies ? 0s : 2 * Upstream::kWordHolds)));
    CHECK(crowd.sent <= 210);
  }
}

}  // namespace
}  // namespace p2p
