// A `get` on virtual time until it has chosen: whom it looks for and when, and when it gives up.
#include "tests/support/getter.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::content;
using test::Getter;
using test::holder;
using test::host;

// --- searching -------------------------------------------------------------------------------------------------------

TEST_CASE("a get looks at once, by name or by content id", "[get]") {
  Getter by_name;
  REQUIRE(by_name.looks.size() == 1);
  CHECK_FALSE(by_name.looks.front().id);
  Getter by_id({.id = content(9)});
  REQUIRE(by_id.looks.size() == 1);
  CHECK(by_id.looks.front().id == content(9));
}

TEST_CASE("while nobody has it the pauses between rounds double up to two seconds", "[get]") {
  Getter get({.says_whom = false});
  Duration pause = 200ms;
  for (int i = 0; i < 6; ++i, pause = std::min<Duration>(2 * pause, 2s)) {
    get.round({});
    CHECK(get.steps.next_deadline() == get.now + pause);
    get.looks.clear();
    get.now += pause - 1ms;
    get.timer();
    CHECK(get.looks.empty());
    get.now += 1ms;
    get.timer();
    CHECK(get.looks.size() == 1);
  }
}

TEST_CASE("a search ends after twelve seconds", "[get]") {
  Getter get;
  get.round({});
  get.passes(11s);
  CHECK_FALSE(get.ended());
  get.passes(3s);
  CHECK(get.fails(ExitCode::network, "nobody who can be found has \"f\"; asked through j:1"));
}

TEST_CASE("where no node can be reached it ends after three seconds, and says so", "[get]") {
  Getter get;
  get.answered = 0;
  get.failures[{"j", 1}] = {DialFailure::Kind::refused, "j port 1 refuses the connection"};
  get.round({});
  get.passes(2s);
  CHECK_FALSE(get.ended());
  get.passes(3s);
  CHECK(get.fails(ExitCode::network, "no node answers at j:1 (j port 1 refuses the connection)"));
}

TEST_CASE("a node that takes its time to answer has the longer patience", "[get]") {
  Getter get;
  get.answered = 0;
  get.failures[{"j", 1}] = {DialFailure::Kind::timed_out, "j port 1 does not answer"};
  get.round({});
  get.passes(11s);
  CHECK_FALSE(get.ended());
  get.passes(3s);
  CHECK(get.ended());
}

TEST_CASE("with a time-out the search has no end of its own", "[get]") {
  Getter get({.has_timeout = true});
  get.round({});
  get.passes(1h);
  CHECK_FALSE(get.ended());
  CHECK(get.steps.missing(get.asked()).find("nobody who can be found has") == 0);
}

TEST_CASE("a search that takes half a second says whom it asks, once", "[get]") {
  Getter get;
  get.round({});
  get.passes(499ms);
  CHECK(get.words.empty());
  get.passes(5s);
  CHECK(get.words == std::vector<std::string>{"asking j:1 ..."});

  Getter quiet({.says_whom = false});
  quiet.round({});
  quiet.passes(5s);
  CHECK(quiet.words.empty());

  Getter quick;
  quick.round({holder(1)});
  quick.passes(5s, {holder(1)});
  CHECK(quick.words.empty());
}

// --- choosing --------------------------------------------------------------------------------------------------------

TEST_CASE("the only content is chosen, and all its holders are asked for the manifest", "[get]") {
  Getter get;
  get.round({holder(1), holder(2)});
  CHECK(get.steps.chosen() == content(7));
  CHECK(get.asked_for_manifest == std::vector{host(1), host(2)});
  // Others are looked for at once, by content id: they may have it under another name.
  CHECK(get.steps.next_deadline() == get.now);
  get.timer();
  CHECK(get.looks.back().id == content(7));
  CHECK(get.looks.back().also == std::set{host(1), host(2)});
  // Who is found then is asked, too; who was asked before is not asked again, and nobody for another content.
  get.round({holder(1), holder(3), holder(4, 8)});
  CHECK(get.asked_for_manifest == std::vector{host(1), host(2), host(3)});
}

TEST_CASE("different contents of one name end it, and all are named", "[get]") {
  Getter get;
  get.round({holder(1, 7), holder(2, 8)});
  CHECK(get.fails(ExitCode::content_mismatch, "\"f\" is the name of different contents; ask by content id"));
  CHECK(get.fails(ExitCode::content_mismatch, "1 holder: h:2"));
}

TEST_CASE("what was said in an earlier round does not count in a later one", "[get]") {
  Getter get({.quorum = 2});
  get.round({holder(1, 7)});
  get.passes(200ms, {holder(2, 7)});
  CHECK_FALSE(get.steps.chosen());
}

TEST_CASE("a quorum is waited for, said when it is met, and missed after the patience", "[get]") {
  Getter met({.quorum = 2});
  met.round({holder(1)});
  CHECK_FALSE(met.steps.chosen());
  met.passes(1s, {holder(1), holder(2), holder(3)});
  CHECK(met.steps.chosen() == content(7));
  CHECK(met.steps.quorum() == "3/2");
  REQUIRE(!met.words.empty());
  CHECK(met.words.front().find("quorum 3/2: 07") == 0);

  Getter missed({.quorum = 2});
  missed.round({holder(1)});
  missed.passes(11s, {holder(1)});
  CHECK_FALSE(missed.ended());
  CHECK(missed.steps.missing(missed.asked()).find("no content \"f\" has a quorum yet:\n") == 0);
  missed.passes(3s, {holder(1)});
  CHECK(missed.fails(ExitCode::content_mismatch, "no content \"f\" has a quorum: 1/2 holders agree"));

  Getter two({.quorum = 1});
  two.round({holder(1, 7), holder(2, 8)});
  CHECK(two.fails(ExitCode::content_mismatch, "several contents that have a quorum"));
}

}  // namespace
}  // namespace p2p
