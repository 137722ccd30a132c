// A whole swarm in one process: several Swarm objects that exchange bytes through memory on virtual time. Plays the
// shell's part in the simplest way that keeps its duties; a tick is a millisecond.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/script.hpp"

namespace p2p::test {

using namespace std::chrono_literals;

struct MeshPlan {
  std::uint32_t peers = 3;  ///< IDs 1001, 1002, ...
  std::vector<std::uint32_t> seeds = {1001};
  Geometry geometry{50'500, 1000};
  std::uint32_t preferred = 2;
  Duration unchoking_interval = 1s;
  Duration optimistic_interval = 3s;
  std::uint32_t pipeline = 16;
  std::uint64_t seed = 1;
};

class Mesh {
 public:
  explicit Mesh(MeshPlan plan) : plan_(std::move(plan)), random_(plan_.seed) {
    for (std::uint64_t i = 0; i < plan_.geometry.total_size(); ++i)
      content_.push_back(static_cast<std::byte>(i * 131 + i / 251));
    for (std::uint32_t i = 0; i < plan_.peers; ++i) peers_.push_back({.id = PeerId{1001 + i}});
  }

  void start(std::uint32_t id) {
    Peer& peer = of(id);
    const bool seed = std::ranges::find(plan_.seeds, id) != plan_.seeds.end();
    const std::uint32_t pieces = plan_.geometry.piece_count();
    peer.file = seed ? content_ : Bytes(content_.size());
    peer.stored.assign(pieces, 0);
    peer.events.clear();
    peer.swarm =
        std::make_unique<Swarm>(config_of(peer), seed ? Bitfield::full(pieces) : Bitfield(pieces), random_.next(), now);
    settle(peer);
  }

  void start_all() {
    for (const Peer& peer : peers_) start(peer.id.value);
  }

  /// The peer is killed: its links break, and what it had is lost when it starts again.
  void kill(std::uint32_t id) {
    Peer& peer = of(id);
    peer.swarm.reset();
    for (const auto& connection : connections_)
      if (connection->open && (connection->ends[0].peer == &peer || connection->ends[1].peer == &peer))
        close(*connection, "killed");
  }

  /// Until every running peer knows that everybody has the file; false when that takes longer than `limit`.
  bool completes(Duration limit) {
    return runs_until(
        [this] {
          return std::ranges::all_of(peers_, [](const Peer& p) { return !p.swarm || p.swarm->swarm_complete(); });
        },
        limit);
  }

  template <class Condition>
  bool runs_until(Condition&& condition, Duration limit) {
    const Instant until = now + limit;
    while (!condition()) {
      if (now >= until) return false;
      tick();
    }
    return true;
  }

  const Swarm& swarm(std::uint32_t id) { return *of(id).swarm; }
  /// How often each piece was stored since the peer's start.
  const std::vector<int>& stored(std::uint32_t id) { return of(id).stored; }
  bool has_content(std::uint32_t id) { return of(id).file == content_; }
  std::ptrdiff_t count(std::uint32_t id, std::string_view event) { return std::ranges::count(of(id).events, event); }
  /// How many pieces the peer stored that came from `from`.
  std::ptrdiff_t taken(std::uint32_t id, std::uint32_t from) {
    const std::string origin = " from " + std::to_string(from) + ",";
    return std::ranges::count_if(of(id).events, [&](const std::string& event) {
      return event.starts_with("stored") && event.find(origin) != std::string::npos;
    });
  }
  /// Pieces that began to come after a choke. Must stay 0.
  int served_while_choked() const { return served_while_choked_; }

  Instant now{1h};

 private:
  static constexpr std::size_t kSocketBytes = 8192;     ///< More is not polled while this much is unsent.
  static constexpr std::uint32_t kBytesPerTick = 4000;  ///< 4 MB/s each way.

  struct Peer {
    PeerId id;
    std::unique_ptr<Swarm> swarm{};  ///< None while it is not running.
    Bytes file{};
    std::vector<int> stored{};
    std::vector<std::string> events{};
  };

  struct End {
    Peer* peer;
    LinkId link;
    Decoder decoder;
    bool ready = false;
    bool choked = true;  ///< By what has come in.
    std::deque<std::byte> outgoing{};
    PieceIndex piece{};
    Bytes payload{};
  };

  struct Connection {
    std::array<End, 2> ends;
    bool open = true;
  };

  Peer& of(std::uint32_t id) { return peers_.at(id - 1001); }

  SwarmConfig config_of(const Peer& self) const {
    std::vector<PeerId> listed;
    for (const Peer& peer : peers_) listed.push_back(peer.id);
    return {.self = self.id,
            .listed = std::move(listed),
            .geometry = plan_.geometry,
            .preferred_neighbors = plan_.preferred,
            .unchoking_interval = plan_.unchoking_interval,
            .optimistic_interval = plan_.optimistic_interval,
            .max_pipeline = plan_.pipeline};
  }

  void tick() {
    now += 1ms;
    for (Peer& peer : peers_) {
      if (!peer.swarm) continue;
      if (peer.swarm->next_deadline() <= now) peer.swarm->on_timer(now);
      settle(peer);
    }
    // By index: what is delivered may open connections.
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = *connections_[i];
      for (const std::size_t side : {0u, 1u}) {
        if (connection.open) send(connection.ends[side]);
        if (connection.open) deliver(connection, connection.ends[side], connection.ends[1 - side]);
      }
    }
    std::erase_if(connections_, [](const auto& connection) { return !connection->open; });
  }

  void settle(Peer& peer) {
    while (peer.swarm) {
      const auto effect = peer.swarm->poll_effect();
      if (!effect) return;
      if (const auto* dial = std::get_if<Dial>(&*effect)) connect(peer, of(dial->peer.value));
      if (const auto* event = std::get_if<Event>(&*effect)) peer.events.push_back(describe(*event));
      if (const auto* send_ready = std::get_if<SendReady>(&*effect)) {
        if (const auto found = find(peer, send_ready->link)) found->first->ends[found->second].ready = true;
      }
      if (const auto* disconnect = std::get_if<Disconnect>(&*effect)) {
        if (const auto found = find(peer, disconnect->link)) close(*found->first, disconnect->reason);
      }
    }
  }

  void connect(Peer& from, Peer& to) {
    if (!to.swarm) return from.swarm->on_dial_failed(to.id, DialFault::refused, now);
    const LinkId dialed = from.swarm->on_dialed(to.id, now);
    const LinkId accepted = to.swarm->on_accepted({}, now);
    connections_.push_back(std::make_unique<Connection>(
        Connection{{End{&from, dialed, Decoder(plan_.geometry)}, End{&to, accepted, Decoder(plan_.geometry)}}}));
  }

  std::optional<std::pair<Connection*, std::size_t>> find(const Peer& peer, LinkId link) {
    for (const auto& connection : connections_)
      for (const std::size_t side : {0u, 1u})
        if (connection->open && connection->ends[side].peer == &peer && connection->ends[side].link == link)
          return {{connection.get(), side}};
    return std::nullopt;
  }

  void close(Connection& connection, const std::string& reason) {
    connection.open = false;
    for (End& end : connection.ends) {
      if (!end.peer->swarm) continue;
      end.peer->swarm->on_closed(end.link, reason, now);
      settle(*end.peer);
    }
  }

  /// Polls as long as the socket has room.
  void send(End& end) {
    while (end.ready && end.outgoing.size() < kSocketBytes) {
      Bytes out;
      const auto piece = end.peer->swarm->poll_send(end.link, out);
      if (out.empty()) {
        end.ready = false;
        return;
      }
      end.outgoing.insert(end.outgoing.end(), out.begin(), out.end());
      if (!piece) continue;
      REQUIRE(end.peer->swarm->stored().test(*piece));
      const auto first =
          end.peer->file.begin() + static_cast<std::ptrdiff_t>(std::size_t{piece->value} * plan_.geometry.piece_size());
      end.outgoing.insert(end.outgoing.end(), first, first + plan_.geometry.size_of(*piece));
    }
  }

  /// A read of random size on `to` from what `from` has sent.
  void deliver(Connection& connection, End& from, End& to) {
    const std::size_t n = std::min<std::size_t>(from.outgoing.size(), 1 + random_.below(kBytesPerTick));
    const auto end = from.outgoing.begin() + static_cast<std::ptrdiff_t>(n);
    const Bytes bytes(from.outgoing.begin(), end);
    from.outgoing.erase(from.outgoing.begin(), end);
    for (std::span<const std::byte> input(bytes); !input.empty() && connection.open;) {
      if (to.decoder.payload_left() > 0)
        take_payload(to, input);
      else
        take_item(to, to.decoder.next(input));
      settle(*to.peer);
    }
  }

  void take_item(End& end, const Decoded& item) {
    Swarm& swarm = *end.peer->swarm;
    if (const auto* handshake = std::get_if<Handshake>(&item)) swarm.on_handshake(end.link, *handshake, now);
    if (const auto* violation = std::get_if<Violation>(&item)) swarm.on_violation(end.link, *violation, now);
    const auto* message = std::get_if<Message>(&item);
    if (!message) return;
    if (std::holds_alternative<Choke>(*message)) end.choked = true;
    if (std::holds_alternative<Unchoke>(*message)) end.choked = false;
    if (const auto* head = std::get_if<PieceHead>(message)) {
      end.piece = head->piece;
      served_while_choked_ += end.choked;
    }
    swarm.on_message(end.link, *message, now);
  }

  void take_payload(End& end, std::span<const std::byte>& input) {
    Swarm& swarm = *end.peer->swarm;
    const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(input.size(), end.decoder.payload_left()));
    end.payload.insert(end.payload.end(), input.begin(), input.begin() + n);
    input = input.subspan(n);
    end.decoder.payload_taken(n);
    swarm.on_payload(end.link, n, now);
    if (end.decoder.payload_left() > 0) return;
    const Bytes payload = std::exchange(end.payload, {});
    const auto piece = swarm.on_piece_received(end.link, now);
    if (!piece) return;
    REQUIRE(*piece == end.piece);
    std::ranges::copy(payload, end.peer->file.begin() + static_cast<std::ptrdiff_t>(std::size_t{piece->value} *
                                                                                    plan_.geometry.piece_size()));
    ++end.peer->stored[piece->value];
    swarm.on_piece_stored(*piece, now);
  }

  MeshPlan plan_;
  Random random_;
  Bytes content_;
  std::vector<Peer> peers_;
  std::vector<std::unique_ptr<Connection>> connections_;
  int served_while_choked_ = 0;
};

}  // namespace p2p::test
