// One swarm among remotes that do anything at all. The shell (shell.hpp) keeps to the swarm's contract and judges it.
#include <algorithm>
#include <vector>

#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/shell.hpp"

namespace p2p::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kFirstId = 1001;
constexpr std::size_t kMostConnections = 10;

struct Sizes {
  std::uint64_t file;
  std::uint64_t piece;
};
/// One piece; a short last one; bitfields with and without spare bits.
constexpr Sizes kSizes[] = {{5, 8}, {42, 16}, {37, 5}, {24, 1}, {400, 3}};

Bitfield any_pieces(ByteSource& input, std::uint32_t size) {
  switch (input.below(4)) {
    case 0: return Bitfield(size);
    case 1: return Bitfield::full(size);
    default: break;
  }
  Bitfield pieces(size);
  for (std::uint32_t i = 0; i < size; i += 8) {
    const std::uint8_t bits = input.byte();
    for (std::uint32_t bit = i; bit < std::min(i + 8, size); ++bit)
      if ((bits >> (bit - i) & 1) != 0) pieces.set(PieceIndex{bit});
  }
  return pieces;
}

SwarmConfig any_config(ByteSource& input) {
  std::vector<PeerId> listed;
  const std::uint32_t peers = 2 + input.below(5);
  for (std::uint32_t i = 0; i < peers; ++i) listed.push_back(PeerId{kFirstId + i});
  const Sizes sizes = kSizes[input.below(std::size(kSizes))];
  constexpr std::uint32_t kPipelines[] = {1, 2, 8, 512};
  SwarmConfig config{.self = listed[input.below(static_cast<std::uint32_t>(listed.size()))],
                     .listed = listed,
                     .geometry = Geometry(sizes.file, sizes.piece),
                     .preferred_neighbors = input.below(4),
                     .unchoking_interval = 1s * (1 + input.below(10)),
                     .optimistic_interval = 1s * (1 + input.below(20)),
                     .max_pipeline = kPipelines[input.below(std::size(kPipelines))]};
  if (input.flag()) {
    config.choking_policy = ChokingPolicy::cooperative;
    for (const PeerId peer : listed)
      if (peer != config.self && config.favored.size() <= config.preferred_neighbors && input.flag())
        config.favored.push_back(peer);
  }
  return config;
}

class Driver {
 public:
  explicit Driver(ByteSource& input)
      : input_(input),
        config_(any_config(input)),
        geometry_(config_.geometry),
        ends_at_once_(input.flag()),
        stores_at_once_(input.flag()),
        shell_{config_, any_pieces(input, geometry_.piece_count()), input.byte(), Remotes::any, now_} {}

  void step() {
    const std::uint32_t choice = input_.below(20);
    if (choice < 5)
      act(choice);
    else if (Connection* connection = any_connection())
      act_on(*connection, choice);
    while (stores_at_once_ && !shell_.unstored().empty()) shell_.stored(0, now_);
    while (ends_at_once_ && end_a_disconnected_one()) {}
    for (const auto& connection : shell_.connections()) connection->sent.clear();
  }

 private:
  // --- what happens beside the connections -------------------------------------------------------------------------

  void act(std::uint32_t choice) {
    switch (choice) {
      case 0:
        if (shell_.connections().size() < kMostConnections) greet(shell_.accept(now_), any_peer());
        return;
      case 1: {
        if (shell_.to_dial().empty()) return;
        const std::uint32_t which = input_.below(static_cast<std::uint32_t>(shell_.to_dial().size()));
        const PeerId peer = shell_.to_dial()[which];
        if (input_.flag() || shell_.connections().size() >= kMostConnections) return shell_.dial_failed(which, now_);
        return greet(shell_.dialed(which, now_), peer);
      }
      case 2:
      case 3: {
        constexpr Duration kSteps[] = {0s, 1ms, 60ms, 250ms, 1s, 3s, 11s, 70s};
        now_ += kSteps[input_.below(std::size(kSteps))];
        return shell_.ring(now_);
      }
      default: {
        if (shell_.unstored().empty()) return;
        const std::uint32_t which = input_.below(static_cast<std::uint32_t>(shell_.unstored().size()));
        return input_.flag() ? shell_.stored(which, now_) : shell_.store_failed(which, now_);
      }
    }
  }

  /// A remote's first word, which is a matter of course or of malice.
  void greet(Connection& connection, PeerId peer) {
    if (input_.below(8) != 7) say(connection, [&](Bytes& out) { append_handshake({peer, {}}, out); });
  }

  bool end_a_disconnected_one() {
    const auto it = std::ranges::find(shell_.connections(), true, [](const auto& c) { return c->disconnected; });
    if (it == shell_.connections().end()) return false;
    shell_.end(**it, now_);
    return true;
  }

  // --- what remotes do ---------------------------------------------------------------------------------------------

  void act_on(Connection& connection, std::uint32_t choice) {
    switch (choice) {
      case 5: return say(connection, [&](Bytes& out) { append_handshake({any_peer(), {}}, out); });
      case 6:
      case 7:
        return say(connection, [&](Bytes& out) { append_bitfield(any_pieces(input_, geometry_.piece_count()), out); });
      case 8:
      case 9:
        return say(connection, [&](Bytes& out) { append_signal(static_cast<MessageType>(input_.below(4)), out); });
      case 10: return say(connection, [&](Bytes& out) { append_indexed(MessageType::have, any_piece(), out); });
      case 11:
      case 12: return say(connection, [&](Bytes& out) { append_indexed(MessageType::request, any_piece(), out); });
      case 13: return give(connection, any_piece());
      case 14:
      case 15: {
        const auto& wanted = connection.watch.open_requests();
        if (wanted.empty()) return;
        return give(connection,
                    PieceIndex{*std::next(wanted.begin(), input_.below(static_cast<std::uint32_t>(wanted.size())))});
      }
      case 16: {
        const Bytes zeros(1 + input_.below(20));  // payload, or the keep-alives of other dialects
        return shell_.receive(connection, zeros, now_);
      }
      case 17: {
        const auto raw = input_.bytes(1 + input_.below(40));
        return shell_.receive(connection, raw, now_);
      }
      case 18: return shell_.end(connection, now_);
      default: {
        // Its socket is full; or takes one batch at a time; or takes all.
        constexpr std::size_t kRooms[] = {SIZE_MAX, 0, 1};
        connection.room = kRooms[input_.below(std::size(kRooms))];
        return shell_.settle();
      }
    }
  }

  template <class Append>
  void say(Connection& connection, Append&& append) {
    Bytes frame;
    append(frame);
    shell_.receive(connection, frame, now_);
  }

  /// A piece, or its beginning; then what comes next is taken for the rest.
  void give(Connection& connection, PieceIndex piece) {
    const std::uint32_t size = geometry_.size_of(piece);
    const std::uint32_t missing = input_.below(4) == 3 ? input_.below(size + 1) : 0;
    say(connection, [&](Bytes& out) {
      append_piece_head({piece, size}, out);
      out.resize(out.size() + size - missing);
    });
  }

  Connection* any_connection() {
    const auto& all = shell_.connections();
    return all.empty() ? nullptr : all[input_.below(static_cast<std::uint32_t>(all.size()))].get();
  }

  /// A listed peer, the swarm itself, or one that nobody knows.
  PeerId any_peer() { return PeerId{kFirstId + input_.below(static_cast<std::uint32_t>(config_.listed.size()) + 1)}; }
  PieceIndex any_piece() { return PieceIndex{input_.below(geometry_.piece_count())}; }

  ByteSource& input_;
  SwarmConfig config_;
  Geometry geometry_;
  bool ends_at_once_;
  bool stores_at_once_;
  Instant now_{1h};
  Shell shell_;
};

}  // namespace
}  // namespace p2p::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::fuzz::Driver driver(input);
  while (!input.empty()) driver.step();
  return 0;
}
