// One simulated peer: the shell around a Swarm, as peer/node/exchange.hpp is in the daemon, with a simulated disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "sim/copies.hpp"
#include "sim/network.hpp"

namespace p2p::sim {

/// Who wants to know what a peer does.
class PeerObserver {
 public:
  virtual ~PeerObserver() = default;
  virtual void on_event(HostId host, const p2p::Event& event) = 0;
  /// Bytes of control frames that a peer hands to the network, and the payload that follows them.
  virtual void on_sent(HostId host, End end, std::span<const std::byte> control, std::uint32_t payload) = 0;
  /// The connection of this end is over or has begun: what was sent on it counts no more.
  virtual void on_link(HostId host, End end, bool begins) = 0;
  /// All effects of a batch of inputs are carried out.
  virtual void on_settled(HostId host) = 0;
};

struct DiskSpec {
  Duration delay{};              ///< From the last byte of a piece until it is stored.
  double fault_probability = 0;  ///< Of a store: that it fails.
};

class Peer {
 public:
  Peer(HostId host, SwarmConfig config, std::shared_ptr<const std::vector<HostId>> hosts_by_id, const Bitfield& stored,
       DiskSpec disk, Network& network, EventQueue& agenda, PeerObserver& observer, std::uint64_t seed,
       std::shared_ptr<Copies> copies = nullptr);

  /// Where everybody listens in an open swarm.
  static constexpr std::uint16_t kPort = 5000;

  void start(Instant now);
  /// As by kill -9: what was not stored is lost.
  void crash(Instant now);
  void set_disk_full(bool full) { disk_full_ = full; }

  bool running() const { return swarm_ != nullptr; }
  /// It has left by itself, everybody being complete, or out of sight for too long.
  bool left() const { return left_; }
  const Bitfield& stored() const { return stored_; }
  const Swarm& swarm() const { return *swarm_; }
  std::uint64_t received_payload() const { return received_payload_; }
  std::uint64_t stored_bytes() const { return stored_bytes_; }

  void on_opened(End end, PeerId remote, Instant now);
  void on_refused(PeerId remote, Instant now);
  void on_accepted(End end, Instant now);
  void on_bytes(End end, std::span<const std::byte> bytes, Instant now);
  void on_payload(End end, std::uint32_t bytes, Instant now);
  void on_writable(End end, Instant now);
  void on_ended(End end, Instant now);
  void on_timer(Instant now);
  void on_disk_done(PieceIndex piece, std::uint32_t incarnation, Instant now);
  /// A reader waits for the pieces from `first` on, or, without one, is gone. No effect on a host that is not running.
  void on_reader(ReaderId reader, std::optional<PieceIndex> first, std::uint32_t count, Instant now);

 private:
  struct Connection {
    End end;
    LinkId link;
    Decoder decoder;
  };

  Connection* find(End end);
  void add(End end, LinkId link, Instant now);
  void forget(Connection& connection);
  void settle(Instant now);
  void pump(Connection& connection, Instant now);
  void finish_piece(const Connection& connection, Instant now);
  bool accept(PieceIndex piece, HostId from, Instant now);
  void store(PieceIndex piece, Instant now);
  void leave_when_flushed(Instant now);
  void arm_timer();

  HostId host_;
  SwarmConfig config_;
  std::shared_ptr<const std::vector<HostId>> hosts_by_id_;  ///< Host of the peer with ID i.
  Bitfield stored_;
  DiskSpec disk_;
  Network& network_;
  EventQueue& agenda_;
  PeerObserver& observer_;
  Random random_;
  std::shared_ptr<Copies> copies_;  ///< Null where pieces are no chunks.

  std::unique_ptr<Swarm> swarm_;
  std::vector<std::optional<Connection>> connections_;  ///< By LinkId, which is the tag of the network's end.
  Instant timer_at_ = kNever;
  std::uint32_t incarnation_ = 0;
  bool disk_full_ = false;
  bool leaving_ = false;
  bool retiring_ = false;  ///< A getter that is complete, and sends what it was asked for.
  bool left_ = false;
  std::uint64_t received_payload_ = 0;
  std::uint64_t stored_bytes_ = 0;
  Bytes output_;
};

}  // namespace p2p::sim
