// The referee itself: each claim that it makes fails on a forged trace, and a correct trace passes.
#include "sim/referee.hpp"

#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

constexpr HostId kHost = 0;
constexpr HostId kNeighbor = 1;
constexpr End kEnd = 0;
constexpr std::uint32_t kSlots = 2;
constexpr PieceIndex kPiece{3};
constexpr Instant kNow{};

/// What one host sends on one link, frame by frame.
struct Trace {
  Geometry geometry{8000, 1000};
  Referee referee{geometry, kSlots};

  Trace() {
    referee.on_host(kHost, Bitfield::full(geometry.piece_count()), {kNeighbor});
    referee.on_host(kNeighbor, Bitfield(geometry.piece_count()), {kHost});
    referee.on_link(kEnd, true);
    Bytes bytes;
    append_handshake({PeerId{kHost}, {}}, bytes);
    append_bitfield(Bitfield::full(geometry.piece_count()), bytes);
    send(bytes);
  }

  void send(const Bytes& control, std::uint32_t payload = 0) { referee.on_sent(kHost, kEnd, control, payload, kNow); }
  void signal(MessageType type) {
    Bytes bytes;
    append_signal(type, bytes);
    send(bytes);
  }
  void piece(std::uint32_t payload = 1000) {
    Bytes bytes;
    append_piece_head({kPiece, 1000}, bytes);
    send(bytes, payload);
  }
  void event(HostId host, const p2p::Event& event) { referee.on_event(host, event, kNow); }
};

TEST_CASE("the referee lets a correct trace pass") {
  Trace trace;
  trace.signal(MessageType::unchoke);
  trace.piece();
  trace.event(kNeighbor, PieceStored{kPiece, PeerId{kHost}, 1});
  trace.signal(MessageType::choke);
  trace.signal(MessageType::unchoke);
  trace.piece();
  trace.referee.on_settled(kHost, kSlots + 1, kNow);
  trace.event(kHost, PreferredNeighborsChanged{{PeerId{1}, PeerId{2}}});
}

TEST_CASE("the referee sees a piece that goes to a choked neighbor") {
  Trace trace;
  SECTION("never unchoked") { REQUIRE_THROWS_AS(trace.piece(), Breach); }
  SECTION("choked again") {
    trace.signal(MessageType::unchoke);
    trace.signal(MessageType::choke);
    REQUIRE_THROWS_AS(trace.piece(), Breach);
  }
  SECTION("unchoked on a link that ended") {
    trace.signal(MessageType::unchoke);
    trace.referee.on_link(kEnd, false);
    trace.referee.on_link(kEnd, true);
    Bytes bytes;
    append_handshake({PeerId{kHost}, {}}, bytes);
    trace.send(bytes);
    REQUIRE_THROWS_AS(trace.piece(), Breach);
  }
}

TEST_CASE("the referee counts slots") {
  Trace trace;
  REQUIRE_THROWS_AS(trace.event(kHost, (PreferredNeighborsChanged{{PeerId{1}, PeerId{2}, PeerId{3}}})), Breach);
  REQUIRE_THROWS_AS(trace.referee.on_settled(kHost, kSlots + 2, kNow), Breach);
}

TEST_CASE("the referee sees a piece that is stored twice") {
  Trace trace;
  SECTION("one that was downloaded") {
    trace.event(kNeighbor, PieceStored{kPiece, PeerId{kHost}, 1});
    REQUIRE_THROWS_AS(trace.event(kNeighbor, (PieceStored{kPiece, PeerId{kHost}, 2})), Breach);
  }
  SECTION("one that was there from the start") {
    REQUIRE_THROWS_AS(trace.event(kHost, (PieceStored{kPiece, PeerId{kNeighbor}, 8})), Breach);
  }
}

TEST_CASE("the referee sees a swarm that is called complete too early") {
  Trace trace;
  for (std::uint32_t i = 0; i + 1 < trace.geometry.piece_count(); ++i)
    trace.event(kNeighbor, PieceStored{PieceIndex{i}, PeerId{kHost}, i + 1});
  REQUIRE_THROWS_AS(trace.event(kHost, SwarmCompleted{}), Breach);
  trace.event(kNeighbor,
              PieceStored{PieceIndex{trace.geometry.piece_count() - 1}, PeerId{kHost}, trace.geometry.piece_count()});
  trace.event(kHost, SwarmCompleted{});
}

TEST_CASE("the referee sees frames that the protocol forbids") {
  Trace trace;
  trace.signal(MessageType::unchoke);
  SECTION("an index out of range") {
    Bytes bytes;
    append_indexed(MessageType::have, PieceIndex{8}, bytes);
    REQUIRE_THROWS_AS(trace.send(bytes), Breach);
  }
  SECTION("a payload that is not the piece's size") { REQUIRE_THROWS_AS(trace.piece(999), Breach); }
}

}  // namespace
}  // namespace p2p::sim
