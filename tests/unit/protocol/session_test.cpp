// One connection's rules: the transition table, cell by cell, and the flags.
#include "protocol/session.hpp"

#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/script.hpp"

namespace p2p {
namespace {

using test::aborts;
using test::message;

constexpr std::uint32_t kPieces = 5;

Session in(SessionState state) {
  Session session(kPieces);
  if (state != SessionState::handshaking) (void)session.on_handshake();
  if (state == SessionState::exchanging) (void)session.on_message(Choke{});  // changes no flag
  REQUIRE(session.state() == state);
  return session;
}

/// "changed", "same", or why it is a violation.
std::string said(Session& session, std::string_view text) {
  const auto verdict = session.on_message(message(text, kPieces));
  if (const auto* violation = std::get_if<Violation>(&verdict)) return violation->reason;
  return std::get<bool>(verdict) ? "changed" : "same";
}

std::string shaken(Session& session) {
  const auto violation = session.on_handshake();
  return violation ? violation->reason : "";
}

TEST_CASE("while handshaking only the handshake is legal", "[session]") {
  SECTION("handshake") {
    Session session(kPieces);
    CHECK(shaken(session) == "");
    CHECK(session.state() == SessionState::greeted);
  }
  SECTION("bitfield") {
    Session session(kPieces);
    CHECK(said(session, "bitfield 10000") == "bitfield before the handshake");
    CHECK(session.state() == SessionState::handshaking);
    CHECK(session.remote_pieces().count() == 0);
  }
  SECTION("any other message") {
    for (const char* text : {"choke", "unchoke", "interested", "not interested", "have 1", "request 1", "unknown 9"}) {
      INFO(text);
      Session session(kPieces);
      CHECK(said(session, text) == "message before the handshake");
      CHECK(session.state() == SessionState::handshaking);
    }
  }
}

TEST_CASE("a greeted remote may send its bitfield or skip it", "[session]") {
  SECTION("second handshake") {
    Session session = in(SessionState::greeted);
    CHECK(shaken(session) == "second handshake");
    CHECK(session.state() == SessionState::greeted);
  }
  SECTION("bitfield") {
    Session session = in(SessionState::greeted);
    CHECK(said(session, "bitfield 10110") == "changed");
    CHECK(session.state() == SessionState::exchanging);
    CHECK(test::picture(session.remote_pieces()) == "10110");
  }
  SECTION("bitfield of zeros") {
    Session session = in(SessionState::greeted);
    CHECK(said(session, "bitfield 00000") == "changed");
    CHECK(session.state() == SessionState::exchanging);
  }
  SECTION("any other message") {
    for (const char* text : {"choke", "unchoke", "interested", "not interested", "have 1", "request 1", "unknown 9"}) {
      INFO(text);
      Session session = in(SessionState::greeted);
      const std::string verdict = said(session, text);
      CHECK((verdict == "changed" || verdict == "same"));
      CHECK(session.has_spoken());
    }
  }
}

TEST_CASE("one bitfield may come late, after nothing but haves and interest, and is united with them", "[session]") {
  Session session = in(SessionState::greeted);
  said(session, "have 4");
  said(session, "interested");
  said(session, "not interested");
  said(session, "have 4");
  CHECK(session.state() == SessionState::prefacing);
  CHECK(session.has_spoken());
  CHECK(shaken(session) == "second handshake");
  CHECK(said(session, "bitfield 10000") == "changed");
  CHECK(test::picture(session.remote_pieces()) == "10001");
  CHECK(said(session, "bitfield 11111") == "bitfield after the first message");
  CHECK(test::picture(session.remote_pieces()) == "10001");
}

TEST_CASE("after any other message a bitfield is too late", "[session]") {
  for (const char* text : {"choke", "unchoke", "request 1", "unknown 9"}) {
    INFO(text);
    Session session = in(SessionState::greeted);
    said(session, "have 1");
    said(session, text);
    said(session, "have 2");
    CHECK(said(session, "bitfield 11111") == "bitfield after the first message");
  }
}

TEST_CASE("a bitfield comes first or never", "[session]") {
  SECTION("second handshake") {
    Session session = in(SessionState::exchanging);
    CHECK(shaken(session) == "second handshake");
    CHECK(session.state() == SessionState::exchanging);
  }
  SECTION("bitfield after another message") {
    Session session = in(SessionState::exchanging);
    CHECK(said(session, "bitfield 10110") == "bitfield after the first message");
    CHECK(session.remote_pieces().count() == 0);
  }
  SECTION("second bitfield") {
    Session session = in(SessionState::greeted);
    said(session, "bitfield 10000");
    CHECK(said(session, "bitfield 11111") == "bitfield after the first message");
    CHECK(test::picture(session.remote_pieces()) == "10000");
  }
  SECTION("any other message") {
    Session session = in(SessionState::exchanging);
    CHECK(said(session, "have 3") == "changed");
    CHECK(session.state() == SessionState::exchanging);
  }
}

TEST_CASE("both sides start choking and not interested", "[session]") {
  const Session session = in(SessionState::greeted);
  CHECK(session.we_choke());
  CHECK(session.remote_chokes());
  CHECK_FALSE(session.we_are_interested());
  CHECK_FALSE(session.remote_is_interested());
  CHECK(session.remote_pieces().count() == 0);
}

TEST_CASE("the remote's signals change its flags, repeats change nothing", "[session]") {
  Session session = in(SessionState::exchanging);
  CHECK(said(session, "choke") == "same");
  CHECK(said(session, "unchoke") == "changed");
  CHECK_FALSE(session.remote_chokes());
  CHECK(said(session, "unchoke") == "same");
  CHECK(said(session, "choke") == "changed");
  CHECK(session.remote_chokes());

  CHECK(said(session, "not interested") == "same");
  CHECK(said(session, "interested") == "changed");
  CHECK(session.remote_is_interested());
  CHECK(said(session, "interested") == "same");
  CHECK(said(session, "not interested") == "changed");
  CHECK_FALSE(session.remote_is_interested());
}

TEST_CASE("haves add to what the bitfield said, and a repeat is no change", "[session]") {
  Session session = in(SessionState::greeted);
  said(session, "bitfield 10000");
  CHECK(said(session, "have 0") == "same");
  CHECK(said(session, "have 4") == "changed");
  CHECK(said(session, "have 4") == "same");
  CHECK(test::picture(session.remote_pieces()) == "10001");
}

TEST_CASE("requests and pieces carry no state and always count", "[session]") {
  Session session = in(SessionState::exchanging);
  CHECK(said(session, "request 1") == "changed");
  CHECK(said(session, "request 1") == "changed");
  CHECK(std::get<bool>(session.on_message(PieceHead{PieceIndex{1}, 10})));
  CHECK(said(session, "unknown 9") == "same");
}

TEST_CASE("what we send changes our flags", "[session]") {
  Session session = in(SessionState::exchanging);
  session.on_send(MessageType::unchoke);
  CHECK_FALSE(session.we_choke());
  session.on_send(MessageType::piece);
  session.on_send(MessageType::choke);
  CHECK(session.we_choke());
  session.on_send(MessageType::interested);
  CHECK(session.we_are_interested());
  session.on_send(MessageType::not_interested);
  CHECK_FALSE(session.we_are_interested());
  session.on_send(MessageType::have);
  said(session, "unchoke");
  session.on_send(MessageType::request);
}

TEST_CASE("a bitfield that offers nothing is answered though our flag does not change", "[session]") {
  Session session = in(SessionState::exchanging);
  session.on_send(MessageType::not_interested);
  CHECK_FALSE(session.we_are_interested());
}

TEST_CASE("to send what we may not is our own bug", "[session]") {
  Session session = in(SessionState::exchanging);
  CHECK(aborts([&] { in(SessionState::handshaking).on_send(MessageType::have); }));
  CHECK(aborts([&] { session.on_send(MessageType::choke); }));    // choked from the start
  CHECK(aborts([&] { session.on_send(MessageType::piece); }));    // to a remote that we choke
  CHECK(aborts([&] { session.on_send(MessageType::request); }));  // of a remote that chokes us
  session.on_send(MessageType::unchoke);
  CHECK(aborts([&] { session.on_send(MessageType::unchoke); }));
  session.on_send(MessageType::interested);
  CHECK(aborts([&] { session.on_send(MessageType::interested); }));
}

TEST_CASE("a keep-alive is no message that a bitfield would come too late after", "[session]") {
  Session session = in(SessionState::greeted);
  CHECK(std::get<bool>(session.on_message(KeepAlive{})) == false);
  CHECK(session.state() == SessionState::greeted);
  CHECK_FALSE(session.has_spoken());
}

}  // namespace
}  // namespace p2p
