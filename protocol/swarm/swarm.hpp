// The coordinator of one content's exchange, without sockets, files, threads, clock or log.
//
// Inputs are on_*() calls with the time as a parameter; outputs are effects that the shell pulls. The swarm routes:
// what is legal is decided by Session, whom to serve by Uploads, what to ask for by Picker, how much by RequestWindow,
// whom to dial by Neighborhood, whom to believe what a chunk is by ChunkTrust, when to leave by Farewell.
//
// The shell's duties, after each input or batch of inputs:
//   while (auto effect = swarm.poll_effect()) carry it out;
//   keep one timer at next_deadline() and call on_timer() then;
//   for a link with SendReady, and whenever its socket has room again: poll_send() until it gives nothing. A link
//   whose socket is full is not polled: that is all the back-pressure there is, and it bounds what is unsent to one
//   piece a link, so that a choke drops queued uploads and control frames overtake payload.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"
#include "protocol/swarm/chunk_trust.hpp"
#include "protocol/swarm/demand.hpp"
#include "protocol/swarm/effects.hpp"
#include "protocol/swarm/farewell.hpp"
#include "protocol/swarm/link.hpp"
#include "protocol/swarm/neighborhood.hpp"
#include "protocol/swarm/peer_book.hpp"
#include "protocol/swarm/picker.hpp"
#include "protocol/swarm/seeker.hpp"
#include "protocol/swarm/spread.hpp"
#include "protocol/swarm/standing.hpp"
#include "protocol/swarm/swarm_config.hpp"
#include "protocol/swarm/throughput.hpp"
#include "protocol/swarm/uploads.hpp"
#include "protocol/swarm/upstream.hpp"
#include "protocol/swarm/windows.hpp"
#include "protocol/violation.hpp"
#include "protocol/wire/encoder.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {

/// Single-threaded. A LinkId is valid from on_dialed() or on_accepted() until on_closed(); after a Disconnect inputs
/// for it are ignored, so that the shell need not race its own reads.
class Swarm {
 public:
  /// `stored`: the pieces that we hold. `seed` decides every random choice.
  Swarm(SwarmConfig config, const Bitfield& stored, std::uint64_t seed, Instant now);

  // --- connections ---------------------------------------------------------------------------------------------
  /// An open swarm dials this peer, and links it when its handshake shows the ID that is claimed for it. Anybody can
  /// claim an ID, so `handle` is how Dial, on_dialed(), on_dial_failed() and the `handle` of events name it: two
  /// handles with one ID are two neighbors, and a conviction meets one of them. A handle is the ID itself, or larger
  /// than any ID (kFirstHandle). No effect on a handle that is known already, and on ourselves.
  void add_neighbor(PeerId handle, PeerId claimed, Instant now);
  static constexpr std::uint32_t kFirstHandle = kLargestPeerId + 1;
  /// `reached`: the address that the dial led to. `proven`, here and below: the only ID that the other end may show,
  /// because it has proven its key (protocol/proof.hpp); any, where nothing is proven.
  LinkId on_dialed(PeerId peer, Instant now, const std::optional<Origin>& reached = {},
                   std::optional<PeerId> proven = {});
  /// `tried`: the addresses that its host was found to have.
  void on_dial_failed(PeerId peer, DialFault fault, Instant now, const std::vector<Origin>& tried = {});
  /// Somebody has connected, from this address or with this key; its handshake has come: on_handshake() follows.
  LinkId on_accepted(const Origin& from, Instant now, std::optional<PeerId> proven = {});
  /// Where its other end is; before its handshake is reported. Without this the neighbor is never named to others.
  void on_remote(LinkId link, const Endpoint& remote) { at(link).remote = remote; }
  /// The connection has ended, for whatever reason; exactly once a link.
  void on_closed(LinkId link, const std::string& reason, Instant now);
  /// Whether connections are accepted on which no handshake has come yet: any of them may be a neighbor that is due to
  /// be dialled. To be told before each on_timer().
  void note_callers(bool any) { anybody_greets_ = any; }
  /// The link's socket takes no more; called again whenever something has left it that is still full.
  void on_send_blocked(LinkId link, Instant now);
  /// It has room again.
  void on_send_resumed(LinkId link);
  /// Bytes of this link have come, and we do not take them for now: no deadline of the remote's runs.
  void on_reading_held(LinkId link, Instant now);
  void on_reading_resumed(LinkId link, Instant now);
  /// The remote may hold back its next bytes until what came is acknowledged (Nagle's algorithm), and nothing that
  /// would carry the acknowledgement is due to it: it is served and asks for nothing, or owes the one piece that is
  /// asked of it.
  bool awaits_acknowledgement(LinkId link) const;
  /// PeerInfo.cfg has changed. Neighbors that are new are dialled, or waited for, by their place in it. Links of those
  /// that are gone end, and nobody waits for them; so do those of whoever has moved, who are neighbors that are new. No
  /// dial that is under way with either is to be answered. Precondition: not an open swarm; `self` is listed.
  void on_list_changed(const Relisting& list, Instant now);
  /// From now on requests are not taken any more; what is queued is sent. See flushed().
  void retire() { retired_ = true; }

  // --- what came in --------------------------------------------------------------------------------------------
  void on_handshake(LinkId link, const Handshake& handshake, Instant now);
  void on_message(LinkId link, const Message& message, Instant now);
  /// The decoder found that the remote broke the protocol.
  void on_violation(LinkId link, const Violation& violation, Instant now);

  /// After the PieceHead message: whether the payload may be stored, so that a buffer is worth having. If not, the
  /// shell reads the payload and forgets it.
  bool payload_wanted(LinkId link) const;
  /// Which piece that is.
  std::optional<PieceIndex> incoming(LinkId link) const;
  /// There is no room for the payload that comes: it will be read and forgotten.
  void drop_payload(LinkId link);
  /// Payload bytes came.
  void on_payload(LinkId link, std::uint32_t bytes, Instant now);
  /// The whole payload came. Store the returned piece and answer with on_piece_stored(), or on_store_failed(); none:
  /// drop it. Where it is in_doubt(), park it instead: keep the bytes where a later one can take their place, do not
  /// count them as stored, and answer with on_piece_parked(). A shell that stores it nevertheless has decided for
  /// itself.
  [[nodiscard]] std::optional<PieceIndex> on_piece_received(LinkId link, Instant now);

  /// The remote may not have had what it gave (bit_order.hpp). Of a piece that on_piece_received() returned.
  bool in_doubt(PieceIndex piece) const;
  /// It is asked for again when the doubt proves right, without a word to the shell; else a Claim follows.
  void on_piece_parked(PieceIndex piece, Instant now);

  void on_piece_stored(PieceIndex piece, Instant now);
  void on_store_failed(PieceIndex piece, Instant now);
  /// These are not stored any more, as a Withdraw asked for. They are fetched again, as in on_pieces_lost().
  void on_trust_withdrawn(std::span<const PieceIndex> pieces, Instant now);
  /// Its hash is wrong. The sender is cut off. If we had dialled it, that peer is not linked again; if it had come by
  /// itself, nobody who comes from there is linked as that peer: anybody can show its ID.
  void on_piece_rejected(PieceIndex piece, Instant now);

  /// Where pieces are fetched on demand: this one may be asked for. Precondition: it was not opened and not found.
  void open_piece(PieceIndex piece, Instant now);
  /// Likewise: it was found, and is stored now, without anybody giving it. The same precondition.
  void on_piece_found(PieceIndex piece, Instant now);

  /// A chunk of which ChunkSettled told can be stored, so it may be fetched. Precondition: we lack it; once a chunk.
  void unlock_chunk(PieceIndex piece, Instant now);

  /// What a reader waits for next: the pieces from `first` on, at least 1, are asked for before all others, the nearer
  /// ones first (windows.hpp). To be called when a reader comes, and whenever its place has changed.
  void set_window(ReaderId reader, PieceIndex first, std::uint32_t count, Instant now);
  /// The reader is gone, or has all that it reads; no effect when it has no window.
  void clear_window(ReaderId reader, Instant now);
  /// Where only what readers want is fetched (SwarmConfig::for_readers): these pieces, and no others any more. The
  /// windows of readers lie among them; set_window() or clear_window() follows, and has what is missing asked for.
  void set_demand(std::vector<PieceRange> ranges);
  /// These are not stored any more, to make room. All links are made anew, because no message takes a have back.
  void on_pieces_forgotten(std::span<const PieceIndex> pieces, Instant now);

  // --- what comes from the upstream (SwarmConfig::upstream) ----------------------------------------------------------
  void on_upstream_bytes() { upstream_->plan.on_bytes(); }
  /// A piece has come. True: it is to be stored, and answered with on_upstream_stored(), or on_store_failed().
  [[nodiscard]] bool on_upstream_piece(PieceIndex piece, const PieceDigest& sha256, Instant now);
  void on_upstream_stored(PieceIndex piece, Instant now);
  /// What is left of the run that begins with `first` does not come.
  void on_upstream_failed(PieceIndex first, Instant now);

  // --- what became of the disk -----------------------------------------------------------------------------------
  /// Nothing can be stored for now: nothing is asked for, what still comes is dropped; serving goes on.
  void pause_storing();
  void resume_storing(Instant now);
  /// Pieces that we had are gone or changed on disk. They are fetched again; all links are made anew, because no
  /// message takes a have back.
  void on_pieces_lost(std::span<const PieceIndex> pieces, Instant now);

  // --- time ----------------------------------------------------------------------------------------------------
  void on_timer(Instant now);
  Instant next_deadline() const;

  // --- what to do ----------------------------------------------------------------------------------------------
  std::optional<Effect> poll_effect();

  /// Appends what this link should send next to `out`: control frames, and, where a piece is returned, the head of a
  /// piece message, whose payload the shell must send right after. Nothing appended: nothing to send.
  std::optional<PieceIndex> poll_send(LinkId link, Bytes& out);

  // --- what is ---------------------------------------------------------------------------------------------------
  const Geometry& geometry() const { return config_.geometry; }
  const Bitfield& stored() const { return picker_.stored(); }
  bool complete() const { return stored().complete(); }
  /// Something is missing that is to be fetched: of all, or of what readers want.
  bool lacks_what_is_wanted() const { return !unwanted().complete(); }
  /// We and all our neighbors have the file; the process may leave once all links are flushed.
  bool swarm_complete() const { return farewell_.over(); }
  /// Nothing waits to be sent on any link with a neighbor.
  bool flushed() const;
  /// Grows with whatever brings us nearer to our end: payload while pieces are missing, others' progress later.
  std::uint64_t activity() const { return activity_; }
  /// What may be in the way of progress; O(pieces + neighbors).
  Standing standing() const;
  /// The links with neighbors, in the order of their IDs; O(links * pieces).
  std::vector<LinkStanding> link_standings() const;
  /// O(pieces).
  CopiesStanding copies() const;
  /// Who says what of chunks; null where pieces are no chunks.
  const Quorum* quorum() const { return trust_ ? &trust_->quorum() : nullptr; }
  std::uint32_t linked_neighbors() const { return linked_; }
  /// How many of them have a piece that we lack.
  std::uint32_t offering_neighbors() const;
  /// Whether somebody who shows this ID is linked from there, whoever dialled.
  bool is_linked(PeerId claimed, const Origin& at) const;
  /// How many neighbors are linked, or are being dialled or about to be.
  std::uint32_t present_neighbors() const;
  /// Where a neighbor is that is linked, as far as it is known: where it listens, or where its connection comes from.
  std::optional<Endpoint> place_of(PeerId handle) const;
  /// Whether this is a swarm in which peers name each other.
  bool names_peers() const { return config_.open; }
  bool has_upstream() const { return upstream_.has_value(); }
  std::uint32_t unchoking_us() const { return static_cast<std::uint32_t>(serving_us_.size()); }
  /// How many neighbors we do not choke, whether their frame is sent yet or not.
  std::uint32_t unchoked_neighbors() const { return static_cast<std::uint32_t>(uploads_.told_unchoked().size()); }
  /// The ID that it showed.
  PeerId peer_of(LinkId link) const { return neighborhood_[*at(link).neighbor].claims; }

 private:
  // swarm.cpp: links, messages, time
  Link& at(LinkId link) { return *links_[link.value]; }
  const Link& at(LinkId link) const { return *links_[link.value]; }
  LinkId new_link(const std::optional<Origin>& from, std::optional<PeerId> proven, Instant now);
  void establish(LinkId link, Instant now);
  void close(LinkId link, const std::string& reason, Instant now, EndKind kind);
  void detach(LinkId link, const std::string& reason, Instant now, EndKind kind);
  void apply(LinkId link, const Message& message, bool changed, Instant now);
  void on_have(LinkId link, PieceIndex piece, Instant now);
  void on_bitfield(LinkId link, Instant now);
  void note_completeness(LinkId link, Instant now);
  void check_swarm_complete(Instant now);
  void consider_patience(Instant now);
  void sweep(Instant now);
  void emit(Event event) { effects_.emplace_back(std::move(event)); }

  // swarm_dialing.cpp: how links come about
  void dial_due(Instant now);
  std::optional<LinkId> greeting(NeighborIndex neighbor) const;
  bool wins_crossing(LinkId link, Instant now);
  void contend(LinkId link, Instant now);
  void decide_contention(LinkId link, Instant now);
  void doubt(NeighborIndex neighbor, Instant now);
  bool may_take_over(NeighborIndex neighbor) const;
  bool comes_from_where_it_is_listed(LinkId link) const;
  bool takes_what_is_sent(LinkId link, Instant now) const;
  bool comes_back_uninvited(LinkId link, NeighborIndex peer) const;
  bool is_idle_guest(NeighborIndex peer) const;
  void note_fault(NeighborIndex neighbor, EndKind kind);
  bool welcomes(PeerId peer) const;
  void seek(Instant now);

  // swarm_list.cpp: another list
  void expel(NeighborIndex neighbor, const std::string& reason, Instant now);
  bool is_favored(NeighborIndex neighbor) const;

  // swarm_open.cpp: neighbors that no list names
  NeighborIndex dialed_neighbor(PeerId peer, Instant now);
  bool admits(const Link& link, PeerId peer) const;
  std::string why_not_admitted(PeerId peer) const;
  void on_unlinked(NeighborIndex neighbor, bool was_established, Instant now);
  void forget(NeighborIndex neighbor);

  // swarm_peers.cpp: neighbors name each other
  std::optional<LinkId> twin(LinkId link, PeerId peer) const;
  void on_peers(LinkId link, const PeersMessage& message, Instant now);
  void note_place(LinkId link, Instant now);
  bool has_news(LinkId link) const;
  bool may_name(const Link& named, const Link& to) const;
  void name_peers_due(Instant now);
  void append_named(LinkId link, Bytes& out);
  void meet(Instant now);

  // swarm_spread.cpp: a sharer suggests what to ask for
  void append_suggestions(LinkId link, Bytes& out);
  void on_suggestion(LinkId link, PieceIndex piece, Instant now);
  std::optional<PieceIndex> take_suggested(LinkId link);

  // swarm_windows.cpp: what readers want, and what they wait for, which comes first
  const Bitfield& unwanted() const { return demand_ ? demand_->unwanted() : picker_.stored(); }
  std::optional<PieceIndex> take_wanted(LinkId link, Instant now);
  std::optional<PieceIndex> late_piece(LinkId link, Instant now) const;

  // swarm_guards.cpp: what a remote cannot make us spend
  void punish(LinkId link, Instant now);
  bool may_say(LinkId link, const Message& message, bool changed, Instant now);
  bool end_if_overdue(LinkId link, Instant now);
  void take_idle_slots(Instant now);
  void note_loss_of_interest(LinkId link);
  bool is_needless(LinkId link) const;

  // swarm_upload.cpp: whom to serve, and what to send
  void push(LinkId link, MessageType type, PieceIndex piece = {});
  void ready(LinkId link);
  void on_request(LinkId link, PieceIndex piece, Instant now);
  void end_unchoking_interval(Instant now);
  void end_optimistic_interval(Instant now);
  std::vector<Ranked> rank_interested() const;
  std::vector<Ranked> rank_starving() const;
  std::optional<PieceIndex> collect_sends(LinkId link, Bytes& out);
  void sync_chokes(Instant now);

  // swarm_download.cpp: what to ask of whom, and what came of it
  void update_interest(LinkId link);
  void on_piece_head(LinkId link, const PieceHead& head, Instant now);
  bool may_be_source(LinkId link) const;
  void note_stored(PieceIndex piece, Instant now);
  void fill(LinkId link, Instant now);
  void fill_all(Instant now);
  void ask(LinkId link, PieceIndex piece, Instant now);
  void ask_duplicate(LinkId link, Instant now);
  Duration drain_time() const;
  void give_up_requests(LinkId link);
  bool give_up_stalled(LinkId link, Duration drain, Instant now);

  // swarm_doubts.cpp: bitfields that can be read in two ways, and what their senders gave
  void begin_doubt(LinkId link, const Bitfield& told_before);
  void recognize(LinkId link);
  void on_have_in_doubt(LinkId link, PieceIndex piece, Instant now);
  void read_anew(LinkId link, Bitfield pieces, Instant now);
  void decide_doubt(LinkId link, bool low_bit_first, Instant now);
  void resolve(PieceIndex piece, bool right);
  bool held_beyond_doubt(PieceIndex piece, bool by_unchoking) const;
  void decide_idle_doubts(Instant now);
  void trust(PieceIndex piece, PeerId sender);
  void forget_trust(PieceIndex piece);

  // swarm_integrity.cpp: what is not stored any more
  void give_up_stored(std::span<const PieceIndex> pieces, Instant now);

  // swarm_trust.cpp: who vouches for which chunk
  void begin_trust();
  std::string content_fault(const std::optional<Features>& theirs) const;
  void on_announcement(LinkId link, const ChunkAnnouncement& announcement, Instant now);
  void count_vote(PeerId peer, PieceIndex piece, const ChunkClaim& claim);
  void on_settled(PieceIndex piece);
  void disown(LinkId link, PieceIndex piece);

  // swarm_upstream.cpp: what nobody in the swarm has
  void look_upstream(Instant now);
  void begin_upstream();
  Bitfield missing_here() const;
  void on_digest_have(LinkId link, const DigestHave& have, Instant now);
  void learn(PieceIndex piece, const PieceDigest& sha256);
  void stop_given_up();
  void say_fetching(const PieceRun& run);
  void append_news(LinkId link, Bytes& out);

  template <class Visit>
  void for_established(Visit&& visit) const {
    for (std::uint32_t i = 0; i < links_.size(); ++i)
      if (links_[i] && links_[i]->phase == Link::Phase::established) visit(LinkId{i});
  }

  SwarmConfig config_;
  Random random_;
  Neighborhood neighborhood_;
  Farewell farewell_;
  Seeker seeker_;
  Picker picker_;
  Windows windows_;
  std::optional<Demand> demand_;  ///< Where only what readers want is fetched.
  Uploads uploads_;
  std::optional<ChunkTrust> trust_;       ///< Where pieces are chunks.
  std::optional<UpstreamSide> upstream_;  ///< Where pieces come from an upstream.

  std::vector<std::optional<Link>> links_;  ///< By LinkId.
  std::vector<LinkId> free_links_;
  std::uint32_t linked_ = 0;
  /// The established links whose neighbors do not choke us. Only these have open requests; they are few where links are
  /// many.
  std::vector<LinkId> serving_us_;

  /// Pieces in the order in which they were stored since the start. A link is told haves from its own place in this
  /// list on, so that pending haves take no memory a link.
  std::vector<PieceIndex> stored_order_;
  struct Sender {
    PeerId handle;
    PeerId claims;
    std::optional<Origin>
        origin;  ///< As Link::origin; none, too, when a listed ID was proven: there is no other peer to blame.
  };
  std::unordered_map<PieceIndex, Sender> storing_;  ///< Who sent what is being stored.

  /// Pieces of storing_ whose senders may not have had them: on their way to the disk, or parked there.
  struct Doubtful {
    bool parked = false;
    std::optional<bool> right{};  ///< Decided before it was parked.
  };
  std::map<PieceIndex, Doubtful> doubtful_;
  Instant doubt_idle_since_{};  ///< When the last piece came.
  /// The stored pieces, or those about to be, that nothing proved to be right, by who gave them.
  std::map<PeerId, Bitfield> on_trust_;

  PeerBook book_;
  Spread spread_;
  std::uint64_t places_ = 0;  ///< How many places of neighbors have become known.
  Throughput throughput_;
  Instant sweep_at_ = kNever;
  bool storing_paused_ = false;
  bool retired_ = false;
  bool anybody_greets_ = false;
  std::uint64_t activity_ = 0;
  std::deque<Effect> effects_;
};

}  // namespace p2p
