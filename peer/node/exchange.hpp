// The shell around one swarm: carries out what the core decides and tells it what happened.
//
// Owns the swarm's connections and its one timer. Everything runs on the network thread; after each batch of inputs
// carry_out() carries out the effects.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>

#include "peer/net/asio.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/stream.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/buffer_pool.hpp"
#include "peer/node/link_meter.hpp"
#include "peer/node/verifier.hpp"
#include "peer/storage/piece_storage.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

class Connection;

class Exchange {
 public:
  struct Hooks {
    std::function<void(const Event&)> on_event;  ///< Each event, in order.
    std::function<void()> on_settled;            ///< After a batch of effects, before the thread may sleep.
    std::function<void(PeerId)> dial;            ///< Connect and call add_dialed() or dial_failed().
    std::function<void(PeerId, std::uint64_t)> on_sent =
        {};  ///< Bytes of a piece have gone to this neighbor. May be null.
    /// Whether connections are accepted whose handshake has not come yet. May be null: nobody is accepted.
    std::function<bool()> anybody_greets = {};
    /// A neighbor has named this one (Meet). May be null.
    std::function<void(const NamedPeer&)> meet = {};
    /// What the swarm wants of its upstream, and of those who compare pieces. May be null where it has none.
    std::function<void(const UpstreamTask&)> on_upstream = {};
    /// A connection has sent all that it had to send. Not to call this. May be null.
    std::function<void()> on_drained = {};
  };

  Exchange(asio::io_context& io, SwarmConfig config, PieceStorage& store, std::uint64_t seed, Hooks hooks);
  ~Exchange();

  /// Begins: the first dials go out.
  void start();

  /// Swarm::on_list_changed().
  void relist(const Relisting& list);

  /// `handshake`: what the remote has sent so far.
  void add_accepted(StreamPtr stream, const Handshake& handshake);
  void add_dialed(PeerId peer, StreamPtr stream);
  void dial_failed(PeerId peer, const DialFailure& failure);

  /// No new connections; each connection sends what is due, half-closes and ends when the remote does, or after 2 s.
  /// `on_finished` is called once, when all have ended. `drain`: queued pieces and control frames are still sent;
  /// otherwise only the frame that is on its way.
  void finish(bool drain, std::function<void()> on_finished);

  const Swarm& swarm() const { return swarm_; }
  const Traffic& traffic() const { return traffic_; }
  /// Null for a link whose connection is over.
  const LinkMeter* meter(LinkId link) const;
  /// To be called a few times a second by whoever wants the rates of meter().
  void sample_rates(Instant at);
  /// Pieces have come that are being compared with the manifest.
  bool is_verifying() const { return verifier_ && verifier_->is_busy(); }
  /// How long nothing could be stored because the disk is full.
  Duration without_room_for(Instant at) const {
    return waiting_for_room_ ? at - room_missing_since_ : Duration::zero();
  }
  /// Stores a piece that was found elsewhere and is right, where pieces are fetched on demand. False when the disk is
  /// full; then it is to be asked for. To be followed by carry_out().
  bool store_found(PieceIndex piece, std::span<const std::byte> bytes);
  /// A piece has come from the upstream. Returns whether it is stored now: not when it was here already, or the disk is
  /// full. To be followed by carry_out().
  bool store_upstream(PieceIndex piece, const PieceDigest& sha256, std::span<const std::byte> bytes);
  /// While it has some, it may not be destroyed before the io_context has stopped running.
  bool has_connections() const { return !connections_.empty(); }

  // --- for connections -------------------------------------------------------------------------------------------
  Swarm& swarm() { return swarm_; }
  BufferPool& buffers() { return buffers_; }
  const Limits& limits() const { return limits_; }
  Traffic& traffic() { return traffic_; }
  void note_sent(PeerId peer, std::uint64_t bytes);
  void note_drained() const {
    if (hooks_.on_drained) hooks_.on_drained();
  }
  /// Room on disk for the piece that comes on this link. Empty when there is none: the payload is to be read and
  /// forgotten. Precondition: it is wanted, and larger than buffers().piece_size().
  PieceBuffer map_buffer(LinkId link);
  /// Where to send a stored piece from; empty when it is no longer right on disk, which the swarm then knows.
  std::optional<PieceStorage::Source> source(PieceIndex piece);
  /// Reading this piece from disk went wrong: finds out what is still right and tells the swarm.
  void check_on_disk(PieceIndex piece);
  /// Verifies the piece, writes it and tells the swarm, now or later (verifier.hpp). While the disk is full it is kept
  /// and tried again. Throws std::system_error when the store cannot be written for another reason.
  void store(PieceIndex piece, PieceBuffer buffer);
  /// Carries out all pending effects and rearms the timer. May close any connection, the caller's too.
  void carry_out();
  /// The connection has ended and forgets its link.
  void remove(LinkId link, const std::string& reason);

 private:
  void add(LinkId link, StreamPtr stream, std::span<const std::byte> received);
  void look_at_clock();
  void arm_timer();
  void give_up_on_the_silent();
  void check_finished();
  void store_verified(PieceIndex piece, PieceBuffer buffer, bool matches);
  bool keep(PieceIndex piece, const PieceBuffer& buffer);
  void claim(PieceIndex piece);
  void withdraw(const std::vector<PieceIndex>& pieces);
  bool write(PieceIndex piece, const PieceBuffer& buffer, bool parked);
  std::unique_ptr<MappedPart> map(PieceIndex piece);
  void on_disk_full();
  void wait_for_room();

  SwarmConfig bounded(SwarmConfig config) const;

  PieceStorage& store_;
  const Limits& limits_;
  BufferPool buffers_;
  Swarm swarm_;
  Hooks hooks_;
  Traffic traffic_;
  std::unordered_map<LinkId, std::shared_ptr<Connection>> connections_;
  asio::steady_timer timer_;
  Instant timer_at_ = kNever;
  struct Unwritten {
    PieceIndex piece;
    PieceBuffer buffer;
  };
  std::deque<Unwritten> unwritten_;  ///< What found the disk full: one piece, and those that were being verified then.
  std::optional<PieceIndex> unmapped_;  ///< A large one that there was no room for at all.
  asio::steady_timer room_timer_;
  bool waiting_for_room_ = false;
  Instant room_missing_since_{};
  bool finishing_ = false;
  asio::steady_timer finish_timer_;
  std::shared_ptr<const bool> alive_ =
      std::make_shared<const bool>(true);  ///< A timer that has run out may be too late to be cancelled.
  std::function<void()> on_finished_;
  std::optional<Verifier>
      verifier_;  ///< Where comparing a piece with the manifest takes long. The last: it has buffers.
};

}  // namespace p2p
