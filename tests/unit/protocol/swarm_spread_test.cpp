// A sharer suggests to those that it serves what to ask for.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using test::Remote;
using test::Scene;
using test::Stage;

constexpr ContentPrefix kContent{std::byte{7}};

Scene of(const std::string& stored, std::uint32_t preferred = 4) {
  return {.stored = stored, .preferred = preferred, .content = kContent, .open = true, .listens_at = 5000};
}

void greets(Stage& stage, Remote& remote, std::uint32_t id, bool understands = true) {
  stage.swarm.on_handshake(remote.link(),
                           {PeerId{id}, encode(Features{.names_peers = understands, .content = kContent})}, stage.now);
  stage.settle();
}

void suggests(Stage& stage, Remote& remote, std::uint32_t piece) {
  stage.swarm.on_message(remote.link(), Suggestion{PieceIndex{piece}}, stage.now);
  stage.settle();
}

/// A getter comes and is served; returns what it hears of that.
std::string comes(Stage& stage, std::uint32_t id, const std::string& map = "00000", bool understands = true) {
  Remote& remote = stage.accepts(id);
  greets(stage, remote, id, understands);
  remote.says("bitfield " + map);
  remote.hears();
  remote.says("interested");
  return remote.hears();
}

std::size_t suggestions(const std::string& heard) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = heard.find("suggests", at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST_CASE("suggestions come before the unchoke, and name what nobody has", "[swarm][spread]") {
  Stage stage(of("11111"));
  const std::string heard = comes(stage, 77, "11100");
  CHECK(heard.find("suggests") < heard.find("unchoke"));
  CHECK(suggestions(heard) == 2);
  CHECK(heard.find("suggests 3") != std::string::npos);
  CHECK(heard.find("suggests 4") != std::string::npos);
  // Those are its own.
  CHECK(suggestions(comes(stage, 78, "11100")) == 0);
}

TEST_CASE("who does not understand suggestions gets none, nor does anybody from one who lacks pieces itself",
          "[swarm][spread]") {
  Stage sharer(of("11111"));
  CHECK(comes(sharer, 77, "00000", false) == "unchoke");
  Stage getter(of("11110"));
  CHECK(suggestions(comes(getter, 77)) == 0);
}

TEST_CASE("a suggestion is asked for before what is rare", "[swarm][spread]") {
  for (std::uint32_t piece = 0; piece < 5; ++piece) {
    Stage stage(of("00000"));
    Remote& sharer = stage.accepts(77);
    greets(stage, sharer, 77);
    sharer.says("bitfield 11111");
    sharer.hears();
    suggests(stage, sharer, piece);
    sharer.says("unchoke");
    CHECK(sharer.hears() == "request " + std::to_string(piece));
  }
}

TEST_CASE("a suggestion is forgotten with a choke, and of no use where the piece is not there, or here already",
          "[swarm][spread]") {
  Stage stage(of("10000"));
  Remote& sharer = stage.accepts(77);
  greets(stage, sharer, 77);
  sharer.says("bitfield 11001");
  sharer.hears();
  for (const std::uint32_t piece : {0u, 2u}) suggests(stage, sharer, piece);
  sharer.says("unchoke");
  const std::string asked = sharer.hears();
  CHECK((asked == "request 1" || asked == "request 4"));
  suggests(stage, sharer, asked == "request 1" ? 4 : 1);
  sharer.says("choke");
  sharer.says("unchoke");
  CHECK(sharer.hears().find("request") != std::string::npos);
  CHECK_FALSE(sharer.closed());
}

TEST_CASE("whoever suggests without having said so breaks the rules", "[swarm][spread]") {
  Stage stage(of("00000"));
  Remote& sharer = stage.accepts(77);
  greets(stage, sharer, 77, false);
  sharer.says("bitfield 11111");
  suggests(stage, sharer, 1);
  CHECK(sharer.closed());
}

}  // namespace
}  // namespace p2p
