// Two swarms over byte pipes. First the fuzzer schedules: it delivers, delays, cuts and fails as it likes, and both
// keep to the protocol. Then the schedule is fair, and both must come to have the whole file.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/shell.hpp"

namespace p2p::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr PeerId kEarlier{1001};  // listed first, so it is dialled
constexpr PeerId kLater{1002};

/// A connection between the two. Index 0 is the earlier peer's end.
struct Wire {
  std::array<std::optional<LinkId>, 2> ends;  ///< None when that end is closed.
  std::array<Bytes, 2> to{};                  ///< On the way to that end.
  bool silent = false;                        ///< The end that is left will never hear that the other is closed.

  bool open() const { return ends[0] && ends[1]; }
};

class Pair {
 public:
  explicit Pair(ByteSource& input)
      : input_(input), geometry_{1 + input.below(300), 1 + input.below(20)}, window_(1 + input.below(200)) {
    // Each piece is with at least one of the two.
    std::array<Bitfield, 2> stored{Bitfield(geometry_.piece_count()), Bitfield(geometry_.piece_count())};
    const std::uint32_t kind = input.below(4);
    for (std::uint32_t i = 0; i < geometry_.piece_count(); ++i) {
      const std::uint32_t holders = kind < 2 ? kind : input.below(3);  // the earlier one, the later one, or both
      if (holders != 1) stored[0].set(PieceIndex{i});
      if (holders != 0) stored[1].set(PieceIndex{i});
    }
    for (const std::size_t side : {0u, 1u}) {
      const SwarmConfig config{.self = side == 0 ? kEarlier : kLater,
                               .listed = {kEarlier, kLater},
                               .geometry = geometry_,
                               .preferred_neighbors = input.below(2),
                               .unchoking_interval = 1s * (1 + input.below(5)),
                               .optimistic_interval = 1s * (1 + input.below(5)),
                               .max_pipeline = 1 + input.below(16)};
      shells_[side] = std::make_unique<Shell>(config, stored[side], input.byte(), Remotes::honest, now_);
    }
  }

  void step() {
    const std::size_t side = input_.below(2);
    Shell& shell = *shells_[side];
    switch (input_.below(9)) {
      case 0: answer_dial(input_.flag()); break;
      case 1:
        if (shell.unstored().empty()) break;
        input_.flag() ? shell.stored(0, now_) : shell.store_failed(0, now_);
        break;
      case 2: {
        constexpr Duration kSteps[] = {1ms, 20ms, 250ms, 1s, 5s, 70s};
        now_ += kSteps[input_.below(std::size(kSteps))];
        shell.ring(now_);
        break;
      }
      case 3:
        if (Wire* wire = any_wire()) cut(*wire, side);
        break;
      default:
        if (Wire* wire = any_wire()) deliver(*wire, side, 1 + input_.byte());
        break;
    }
    move_bytes();
  }

  /// Nothing is lost or held up from here on.
  void be_fair() {
    constexpr int kMostSteps = 5'000;
    // The later one dials no more when it knows everybody to be complete. It waits for a link to say that it is
    // complete itself, but only so long, and it cannot know that one which it has is cut already.
    const bool may_leave_unheard = shells_[1]->swarm().swarm_complete() ||
                                   !std::ranges::all_of(wires_, [](const auto& wire) { return wire->open(); });
    for (int i = 0; i < kMostSteps && !done(may_leave_unheard); ++i) {
      while (move_everything()) {}
      now_ = std::max(now_, std::min(shells_[0]->swarm().next_deadline(), shells_[1]->swarm().next_deadline()));
      for (const auto& shell : shells_)
        if (shell->swarm().next_deadline() <= now_) shell->ring(now_);
      move_bytes();
    }
    P2P_ASSERT(done(may_leave_unheard));
  }

 private:
  bool done(bool may_leave_unheard) const {
    const Swarm& earlier = shells_[0]->swarm();
    const Swarm& later = shells_[1]->swarm();
    if (!earlier.complete() || !later.complete()) return false;
    if (earlier.swarm_complete() && later.swarm_complete()) return true;
    return may_leave_unheard && later.swarm_complete() &&
           std::ranges::none_of(wires_, [](const auto& wire) { return wire->open(); });
  }

  // --- the network -------------------------------------------------------------------------------------------------

  void answer_dial(bool succeeds) {
    Shell& dialer = *shells_[1];
    if (dialer.to_dial().empty()) return;
    if (!succeeds) return dialer.dial_failed(0, now_);
    const LinkId accepted = shells_[0]->accept(now_).link;
    const LinkId dialed = dialer.dialed(0, now_).link;
    wires_.push_back(std::make_unique<Wire>(Wire{{accepted, dialed}}));
  }

  void deliver(Wire& wire, std::size_t side, std::size_t most) {
    Bytes& pipe = wire.to[side];
    const std::size_t n = std::min(most, pipe.size());
    const Bytes bytes(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(n));
    pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(n));
    if (wire.ends[side] && n > 0) shells_[side]->receive(*shells_[side]->find(*wire.ends[side]), bytes, now_);
    // The end of the stream comes after its last byte.
    if (pipe.empty() && !wire.ends[1 - side] && !wire.silent) close(wire, side);
  }

  void close(Wire& wire, std::size_t side) {
    if (!wire.ends[side]) return;
    shells_[side]->end(*shells_[side]->find(*wire.ends[side]), now_);
    wire.ends[side].reset();
  }

  /// One side notices at once. The other notices later, after what was sent to it, unless that is lost; or never, as
  /// when the dialler's machine was restarted. (A dialler that never noticed could not come back: its system must tell
  /// it.)
  void cut(Wire& wire, std::size_t side) {
    const std::uint32_t kind = input_.below(4);
    if (!wire.open()) return;
    close(wire, side);
    if (kind > 0) wire.to[1 - side].clear();
    wire.silent = kind == 3 && side == 1;
  }

  /// What the swarms have sent goes on its way, and connections that they want closed are closed.
  void move_bytes() {
    for (const auto& wire : wires_) {
      for (const std::size_t side : {0u, 1u}) {
        if (!wire->ends[side]) continue;
        Connection& connection = *shells_[side]->find(*wire->ends[side]);
        pump(connection, *shells_[side], wire->to[1 - side]);
        if (connection.disconnected) close(*wire, side);
      }
    }
    std::erase_if(wires_, [](const auto& wire) { return !wire->ends[0] && !wire->ends[1]; });
  }

  void pump(Connection& connection, Shell& shell, Bytes& pipe) const {
    for (;;) {
      pipe.insert(pipe.end(), connection.sent.begin(), connection.sent.end());
      connection.sent.clear();
      connection.room = window_ - std::min(window_, pipe.size());
      if (connection.room == 0 || !connection.watch.behind()) return;
      shell.settle();
    }
  }

  /// False when all was quiet.
  bool move_everything() {
    bool moved = !shells_[1]->to_dial().empty();
    answer_dial(true);
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      for (const std::size_t side : {0u, 1u}) {
        moved |= !wires_[i]->to[side].empty() || (!wires_[i]->ends[1 - side] && !wires_[i]->silent);
        deliver(*wires_[i], side, wires_[i]->to[side].size());
      }
    }
    for (const auto& shell : shells_) {
      while (!shell->unstored().empty()) {
        shell->stored(0, now_);
        moved = true;
      }
    }
    move_bytes();
    return moved;
  }

  Wire* any_wire() {
    return wires_.empty() ? nullptr : wires_[input_.below(static_cast<std::uint32_t>(wires_.size()))].get();
  }

  ByteSource& input_;
  Geometry geometry_;
  std::size_t window_;  ///< A pipe with more bytes than this on the way takes no more.
  Instant now_{1h};
  std::array<std::unique_ptr<Shell>, 2> shells_;
  std::vector<std::unique_ptr<Wire>> wires_;
};

}  // namespace
}  // namespace p2p::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::fuzz::Pair pair(input);
  while (!input.empty()) pair.step();
  pair.be_fair();
  return 0;
}
