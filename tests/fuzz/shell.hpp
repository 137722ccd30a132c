// A shell around one Swarm for fuzzing: it does everything that protocol/swarm/swarm.hpp asks of a shell, at once, and
// checks after each input that the swarm keeps its promises. What happens, and when, is the driver's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/fuzz/link_watch.hpp"

namespace p2p::fuzz {

/// The content that honest peers exchange.
constexpr std::byte content(PieceIndex piece, std::uint32_t offset) {
  return static_cast<std::byte>(piece.value * 31 + offset + 1);
}

/// One connection, from its opening until the swarm is told of its end.
struct Connection {
  Connection(LinkId id, Instant now, PeerId self, const Geometry& geometry)
      : link(id), opened(now), decoder(geometry), watch(self, geometry) {}

  LinkId link;
  Instant opened;
  std::optional<PeerId> peer{};  ///< As the remote's handshake said.
  bool established = false;      ///< Its neighbor's one link in use.
  bool disconnected = false;     ///< The swarm wants it closed; Shell::end() is due.
  bool failed = false;           ///< The decoder is done with it.
  bool ready = false;            ///< The swarm has something to send.
  Decoder decoder;
  LinkWatch watch;
  PieceIndex incoming{};        ///< Whose payload comes.
  bool buffered = false;        ///< The payload that comes has a buffer.
  Bytes sent{};                 ///< The driver's to take away.
  std::size_t room = SIZE_MAX;  ///< The driver's: the swarm is not polled while this much is in `sent`.
};

enum class Remotes : std::uint8_t {
  any,     ///< Whatever the fuzzer makes of them.
  honest,  ///< Other swarms: nothing that they do is a violation, and their pieces are genuine.
};

class Shell {
 public:
  Shell(const SwarmConfig& config, const Bitfield& stored, std::uint64_t seed, Remotes remotes, Instant now);

  const Swarm& swarm() const { return swarm_; }
  const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }
  /// The connection with this id, if it has not ended.
  Connection* find(LinkId link);

  Connection& accept(Instant now);
  /// The peers that the swarm wants dialled; each is answered once, with dialed() or dial_failed().
  const std::vector<PeerId>& to_dial() const { return to_dial_; }
  Connection& dialed(std::size_t which, Instant now);
  void dial_failed(std::size_t which, Instant now);
  /// Invalidates `connection`.
  void end(Connection& connection, Instant now);

  void receive(Connection& connection, std::span<const std::byte> bytes, Instant now);

  /// Pieces that came and are not stored yet; each is answered once.
  const std::vector<PieceIndex>& unstored() const { return unstored_; }
  void stored(std::size_t which, Instant now);
  void store_failed(std::size_t which, Instant now);

  /// The timer rings, on time or not.
  void ring(Instant now);

  /// Takes all that the swarm has to say now, where there is room.
  void settle();

 private:
  Connection& add(LinkId link, Instant now);
  void take_item(Connection& connection, std::span<const std::byte>& bytes, Instant now);
  void take_payload(Connection& connection, std::span<const std::byte>& bytes, Instant now);
  void carry_out_effects();
  void on_event(const Event& event);
  void on_established(PeerId peer);
  Connection& established(PeerId peer);
  void learn_completeness(const Connection& connection);
  void send_all(Connection& connection);
  void check();
  void check_slots() const;
  void check_nobody_idles() const;
  void check_patience(Instant now);
  bool everybody_is_complete() const { return swarm_.complete() && complete_neighbors_.size() + 1 == listed_.size(); }

  PeerId self_;
  std::vector<PeerId> listed_;
  std::uint32_t preferred_neighbors_;
  std::uint32_t max_pipeline_;
  bool favors_;
  Remotes remotes_;
  Swarm swarm_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<PeerId> to_dial_;
  std::vector<PieceIndex> unstored_;
  Bitfield expected_stored_;
  bool misread_ =
      false;  ///< What a remote said that it has means something else; then completeness and interest are not judged.
  std::uint32_t files_completed_;
  std::uint32_t swarms_completed_ = 0;
  std::set<PeerId> complete_neighbors_;    ///< By their own words.
  std::optional<Instant> all_done_since_;  ///< A time after everybody became complete.
  const Connection* speaking_ = nullptr;   ///< Whose bytes are being handed over.
};

}  // namespace p2p::fuzz
