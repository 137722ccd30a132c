// One swarm, played by hand: its neighbors are scripted, time is a number, and nothing happens that the test does not
// do.
//
//   Stage stage({.self = 1001, .stored = "00000"});
//   Remote& bob = stage.joins(1002, "10110");       // came in, shook hands, sent its bitfield; its answer is dropped
//   bob.says("unchoke");
//   CHECK(bob.hears() == "request 2");
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/script.hpp"

namespace p2p::test {

using namespace std::chrono_literals;

struct Scene {
  std::uint32_t self = 1001;
  std::vector<std::uint32_t> listed = {1001, 1002, 1003, 1004, 1005};
  std::string stored = "00000";
  std::uint64_t piece_size = 1000;
  std::uint32_t preferred = 2;
  Duration unchoking_interval = 5s;
  Duration optimistic_interval = 15s;
  std::uint32_t pipeline = 1;  ///< One open request a link: the simplest to follow.
  std::uint64_t seed = 1;
  ChokingPolicy policy = ChokingPolicy::course;
  std::vector<std::uint32_t> favored = {};
  std::optional<ContentPrefix> content = {};
  bool stays = false;
  std::optional<ChunkFolder> chunks = {};  ///< What is held of them is `stored`.
  bool open = false;                       ///< Then `listed` is not looked at.
  std::uint32_t most_neighbors = 1024;
  std::uint16_t listens_at = 0;
  std::uint32_t wanted_neighbors = 0;
  Duration patience = 0s;
  std::vector<std::uint32_t> everybody = {};  ///< Where `listed` is a part of them.
  std::uint32_t most_guests = 0;
  std::uint32_t most_sources = 0xffffffff;
  bool on_demand = false;
  std::optional<SwarmConfig::FromUpstream> upstream = {};
  bool for_readers = false;
};

class Stage;

/// A neighbor's end of one connection. It reads what the swarm sends with a decoder of its own.
class Remote {
 public:
  Remote(Stage& stage, LinkId link, const Geometry& geometry)
      : stage_(stage), link_(link), decoder_(geometry, true, stage_has_upstream(stage)) {}

  LinkId link() const { return link_; }
  bool closed() const { return closed_; }
  /// Why the swarm ended the connection; empty while it did not.
  const std::string& reason() const { return reason_; }
  /// The swarm wants to be asked what there is to send.
  bool ready() const { return ready_; }

  void shakes_hands(std::uint32_t id);
  void says(std::string_view message);
  void announces(std::uint32_t piece, ChunkClaim claim);
  void breaks_the_protocol(const std::string& how);
  /// The connection ends from outside.
  void leaves();

  /// Everything that the swarm has to send, as its script; empty when it has nothing. A remote that never asks is one
  /// whose socket is full.
  std::string hears();

  /// A whole piece arrives. Returns whether it was stored.
  bool gives(std::uint32_t piece);
  /// A whole piece arrives, and its hash is wrong.
  void gives_wrong(std::uint32_t piece);
  /// The same in steps.
  void begins(std::uint32_t piece);
  void continues(std::uint32_t bytes);
  bool ends(std::uint32_t piece);

 private:
  friend class Stage;
  static bool stage_has_upstream(const Stage& stage);

  Stage& stage_;
  LinkId link_;
  Decoder decoder_;
  bool ready_ = false;  ///< The swarm said that it has something to send.
  bool closed_ = false;
  std::string reason_;
};

class Stage {
 public:
  explicit Stage(const Scene& scene) : swarm(config_of(scene), pieces(scene.stored), scene.seed, now) { settle(); }

  Instant now{1h};  ///< Anything but the clock's origin.
  Swarm swarm;

  // --- who is there ----------------------------------------------------------------------------------------------

  /// A connection from that machine.
  Remote& accepts(unsigned machine = 1) { return add(swarm.on_accepted(machine_at(machine), now)); }
  static Origin machine_at(unsigned number) {
    return Origin::of(Origin::V4{std::byte{10}, std::byte{0}, std::byte{0}, std::byte(number)});
  }
  Remote& dials_at(std::uint32_t id, unsigned machine) {
    return add(swarm.on_dialed(PeerId{id}, now, machine_at(machine)));
  }
  Remote& dials(std::uint32_t id) { return add(swarm.on_dialed(PeerId{id}, now)); }
  /// Sealed connections, on which the other end has proven that it is this peer.
  Remote& accepts_proven(std::uint32_t id, unsigned machine = 1) {
    return add(swarm.on_accepted(machine_at(machine), now, PeerId{id}));
  }
  /// In an open swarm, where any key may have this ID.
  Remote& accepts_key(std::uint32_t id, unsigned key) {
    return add(swarm.on_accepted(Origin::of_key({std::byte(key)}), now, PeerId{id}));
  }
  Remote& dials_proven(std::uint32_t id, std::optional<std::uint32_t> proven = {}) {
    return add(swarm.on_dialed(PeerId{id}, now, {}, PeerId{proven.value_or(id)}));
  }

  /// A neighbor that is done with greeting: accepted, its handshake and bitfield came ("": it skipped the bitfield),
  /// and what it was told so far is forgotten.
  Remote& joins(std::uint32_t id, std::string_view map, unsigned machine = 1) {
    Remote& remote = accepts(machine);
    remote.shakes_hands(id);
    if (!map.empty()) remote.says("bitfield " + std::string(map));
    remote.hears();
    return remote;
  }

  /// A neighbor that joins and unchokes; what it hears then is kept for the test.
  Remote& feeds(std::uint32_t id, std::string_view map, unsigned machine = 1) {
    Remote& remote = joins(id, map, machine);
    remote.says("unchoke");
    return remote;
  }

  /// PeerInfo.cfg is another one.
  void relists(const std::vector<std::uint32_t>& listed, const std::vector<std::uint32_t>& moved = {},
               const std::vector<std::uint32_t>& everybody = {}, const std::vector<std::uint32_t>& favored = {}) {
    swarm.on_list_changed({.listed = ids(listed),
                           .favored = ids(favored),
                           .everybody = std::make_shared<const std::vector<PeerId>>(ids(everybody)),
                           .moved = ids(moved)},
                          now);
    settle();
  }

  // --- time ------------------------------------------------------------------------------------------------------

  /// Lets time pass, waking the swarm at each of its deadlines as its shell would.
  void passes(Duration duration) {
    const Instant until = now + duration;
    while (swarm.next_deadline() <= until) {
      now = std::max(now, swarm.next_deadline());
      swarm.on_timer(now);
      settle();
      REQUIRE(swarm.next_deadline() > now);  // a shell would spin
    }
    now = until;
  }

  // --- what came out ---------------------------------------------------------------------------------------------

  /// Events since the last call, separated by commas.
  std::string told() { return joined(std::exchange(recent_, {})); }
  /// How often an event came since the start.
  std::ptrdiff_t count(std::string_view event) const { return std::ranges::count(events, event); }
  /// The peers to dial, as told since the last call.
  std::vector<std::uint32_t> to_dial() { return std::exchange(dials_, {}); }

  /// What it wants of its upstream, as told since the last call, separated by commas.
  std::string to_fetch() {
    std::vector<std::string> texts;
    for (const UpstreamTask& task : std::exchange(tasks_, {})) texts.push_back(describe(task));
    return joined(texts);
  }

  /// Those whom it wants to meet, as told since the last call.
  std::vector<NamedPeer> to_meet() { return std::exchange(meets_, {}); }

  void settle() {
    while (const auto effect = swarm.poll_effect()) std::visit(CarryOut{*this}, *effect);
  }

  std::vector<std::string> events;
  /// With false, chunks that are settled cannot be stored.
  bool opens_chunks = true;
  /// With false, pieces that are to be stored wait in `unstored` for the test to report them.
  bool stores_at_once = true;
  std::vector<PieceIndex> unstored;

 private:
  friend class Remote;

  static std::vector<PeerId> ids(const std::vector<std::uint32_t>& numbers) {
    std::vector<PeerId> ids;
    for (const std::uint32_t number : numbers) ids.push_back(PeerId{number});
    return ids;
  }

  static SwarmConfig config_of(const Scene& scene) {
    return {
        .self = PeerId{scene.self},
        .listed = ids(scene.open ? std::vector{scene.self} : scene.listed),
        .geometry = geometry_of(scene),
        .preferred_neighbors = scene.preferred,
        .unchoking_interval = scene.unchoking_interval,
        .optimistic_interval = scene.optimistic_interval,
        .max_pipeline = scene.pipeline,
        .most_sources = scene.most_sources,
        .on_demand = scene.on_demand,
        .for_readers = scene.for_readers,
        .choking_policy = scene.policy,
        .stays = scene.stays,
        .favored = ids(scene.favored),
        .patience = scene.patience,
        .everybody = std::make_shared<const std::vector<PeerId>>(ids(scene.everybody)),
        .most_guests = scene.most_guests,
        .content = scene.chunks ? chunk_folder_prefix(static_cast<std::uint32_t>(scene.stored.size())) : scene.content,
        .chunks = scene.chunks,
        .open = scene.open,
        .most_neighbors = scene.most_neighbors,
        .listens_at = scene.listens_at,
        .wanted_neighbors = scene.wanted_neighbors,
        .upstream = scene.upstream};
  }

  static Geometry geometry_of(const Scene& scene) {
    if (!scene.chunks) return Geometry(scene.stored.size() * scene.piece_size, scene.piece_size);
    Geometry geometry = Geometry::of_chunks(static_cast<std::uint32_t>(scene.stored.size()));
    for (const HeldChunk& held : scene.chunks->held) geometry.learn(held.piece, held.claim.size);
    return geometry;
  }

  struct CarryOut {
    Stage& stage;
    void operator()(const SendReady& effect) const {
      // It may have ended since.
      if (Remote* remote = stage.find(effect.link)) remote->ready_ = true;
    }
    void operator()(const Dial& effect) const { stage.dials_.push_back(effect.peer.value); }
    void operator()(const Meet& effect) const { stage.meets_.push_back(effect.peer); }
    void operator()(const UpstreamTask& task) const { stage.tasks_.push_back(task); }
    void operator()(const Claim& effect) const { stage.swarm.on_piece_stored(effect.piece, stage.now); }
    void operator()(const Withdraw& effect) const { stage.swarm.on_trust_withdrawn(effect.pieces, stage.now); }
    void operator()(const Disconnect& effect) const {
      Remote* remote = stage.find(effect.link);
      REQUIRE(remote);
      remote->closed_ = true;
      remote->reason_ = effect.reason;
      stage.swarm.on_closed(effect.link, effect.reason, stage.now);
    }
    void operator()(const Event& event) const {
      if (const auto* settled = std::get_if<ChunkSettled>(&event);
          settled && stage.opens_chunks && !stage.swarm.stored().test(settled->piece))
        stage.swarm.unlock_chunk(settled->piece, stage.now);
      stage.events.push_back(describe(event));
      stage.recent_.push_back(stage.events.back());
    }
  };

  Remote& add(LinkId link) {
    remotes_.push_back(std::make_unique<Remote>(*this, link, swarm.geometry()));
    settle();
    return *remotes_.back();
  }

  /// The open connection with this id.
  Remote* find(LinkId link) {
    const auto it =
        std::ranges::find_if(remotes_, [&](const auto& remote) { return remote->link() == link && !remote->closed(); });
    return it == remotes_.end() ? nullptr : it->get();
  }

  std::vector<std::unique_ptr<Remote>> remotes_;
  std::vector<std::string> recent_;
  std::vector<std::uint32_t> dials_;
  std::vector<NamedPeer> meets_;
  std::vector<UpstreamTask> tasks_;
};

inline bool Remote::stage_has_upstream(const Stage& stage) { return stage.swarm.has_upstream(); }

inline void Remote::shakes_hands(std::uint32_t id) {
  const auto chunks = stage_.swarm.geometry().piece_count();
  const ReservedBytes reserved = stage_.swarm.quorum()
                                     ? encode(Features{.chunks = true, .content = chunk_folder_prefix(chunks)})
                                     : ReservedBytes{};
  stage_.swarm.on_handshake(link_, {PeerId{id}, reserved}, stage_.now);
  stage_.settle();
}

inline void Remote::announces(std::uint32_t piece, ChunkClaim claim) {
  stage_.swarm.on_message(
      link_, ChunkAnnouncement{PieceIndex{piece}, std::make_shared<const ChunkClaim>(std::move(claim))}, stage_.now);
  stage_.settle();
}

inline void Remote::says(std::string_view text) {
  stage_.swarm.on_message(link_, message(text, stage_.swarm.geometry().piece_count()), stage_.now);
  stage_.settle();
}

inline void Remote::breaks_the_protocol(const std::string& how) {
  stage_.swarm.on_violation(link_, {how}, stage_.now);
  stage_.settle();
}

inline void Remote::leaves() {
  REQUIRE_FALSE(closed_);
  closed_ = true;
  stage_.swarm.on_closed(link_, "the remote ended the connection", stage_.now);
  stage_.settle();
}

inline std::string Remote::hears() {
  std::vector<std::string> heard;
  while (!closed_) {
    Bytes bytes;
    const auto piece = stage_.swarm.poll_send(link_, bytes);
    if (bytes.empty()) {
      REQUIRE_FALSE(piece);
      break;
    }
    const std::size_t before = heard.size();
    for (std::span<const std::byte> input(bytes); !input.empty();) {
      const Decoded item = decoder_.next(input);
      if (const auto* handshake = std::get_if<Handshake>(&item)) heard.push_back(describe(*handshake));
      if (const auto* received = std::get_if<Message>(&item)) heard.push_back(describe(*received));
      REQUIRE_FALSE(std::holds_alternative<Violation>(item));
      REQUIRE_FALSE(std::holds_alternative<NeedInput>(item));  // whole frames only
    }
    // What nobody would have asked for would not be sent; only haves may wait for that.
    const auto is_have = [](const std::string& message) { return message.starts_with("have"); };
    REQUIRE((ready_ || std::all_of(heard.begin() + static_cast<std::ptrdiff_t>(before), heard.end(), is_have)));
    REQUIRE(decoder_.payload_left() == (piece ? stage_.swarm.geometry().size_of(*piece) : 0));
    decoder_.payload_taken(decoder_.payload_left());
  }
  ready_ = false;
  return joined(heard);
}

inline void Remote::begins(std::uint32_t piece) {
  const PieceIndex index{piece};
  stage_.swarm.on_message(link_, PieceHead{index, stage_.swarm.geometry().size_of(index)}, stage_.now);
  stage_.settle();
}

inline void Remote::continues(std::uint32_t bytes) { stage_.swarm.on_payload(link_, bytes, stage_.now); }

inline bool Remote::ends(std::uint32_t piece) {
  const auto to_store = stage_.swarm.on_piece_received(link_, stage_.now);
  if (to_store) {
    REQUIRE(*to_store == PieceIndex{piece});
    if (stage_.swarm.in_doubt(*to_store))
      stage_.swarm.on_piece_parked(*to_store, stage_.now);
    else if (stage_.stores_at_once)
      stage_.swarm.on_piece_stored(*to_store, stage_.now);
    else
      stage_.unstored.push_back(*to_store);
  }
  stage_.settle();
  return to_store.has_value();
}

inline bool Remote::gives(std::uint32_t piece) {
  begins(piece);
  if (closed_) return false;
  continues(stage_.swarm.geometry().size_of(PieceIndex{piece}));
  return ends(piece);
}

inline void Remote::gives_wrong(std::uint32_t piece) {
  stage_.stores_at_once = false;
  REQUIRE(gives(piece));
  stage_.unstored.clear();
  stage_.swarm.on_piece_rejected(PieceIndex{piece}, stage_.now);
  stage_.settle();
  stage_.stores_at_once = true;
}

}  // namespace p2p::test
