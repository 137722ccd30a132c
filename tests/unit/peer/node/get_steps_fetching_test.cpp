// A `get` on virtual time after it has chosen: the manifest, the holders, a full disk, and a name that becomes another
// content.
#include "tests/support/getter.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::content;
using test::Getter;
using test::holder;
using test::host;

// --- the manifest ----------------------------------------------------------------------------------------------------

TEST_CASE("only the manifest of what was chosen begins a fetch, and only once", "[get]") {
  Getter get;
  get.round({holder(1)});
  get.steps.on_manifest(content(8));
  get.take();
  CHECK(get.begun == 0);
  get.steps.on_manifest(content(7));
  get.take();
  CHECK(get.begun == 1);
  get.steps.on_begun(get.now);
  get.steps.on_manifest(content(7));
  get.take();
  CHECK(get.begun == 1);
  CHECK(get.added == std::vector{host(1)});
}

TEST_CASE("a manifest that nobody gives for a minute ends it, but not with a time-out", "[get]") {
  Getter get({.id = content(7)});
  get.round({holder(1)});
  get.passes(60s - 1ms, {holder(1)});
  CHECK_FALSE(get.ended());
  CHECK(get.steps.missing(get.asked()) == "no holder has given the manifest of \"f\"");
  get.passes(1ms, {holder(1)});
  CHECK(get.fails(ExitCode::network, "no holder has given the manifest of \"f\""));

  Getter patient({.id = content(7), .has_timeout = true});
  patient.round({holder(1)});
  patient.passes(1h, {holder(1)});
  CHECK_FALSE(patient.ended());
}

TEST_CASE("a file that is there already ends it as complete", "[get]") {
  Getter get;
  get.round({holder(1)});
  get.steps.on_manifest(content(7));
  get.steps.on_complete(false, get.now);
  get.take();
  REQUIRE(get.ended());
  CHECK(get.end->code == ExitCode::complete);
  CHECK(get.steps.next_deadline() == kNever);
}

// --- fetching --------------------------------------------------------------------------------------------------------

TEST_CASE("new holders are looked for every four seconds while some are linked", "[get]") {
  Getter get({.says_whom = false});
  get.fetches();
  get.links(1);
  get.round({holder(1), holder(2)});
  CHECK(std::ranges::count(get.added, host(2)) == 1);
  CHECK(get.steps.next_deadline() == get.now + 4s);
  get.looks.clear();
  get.now += 4s;
  get.timer();
  REQUIRE(get.looks.size() == 1);
  CHECK(get.looks.front().id == content(7));
}

TEST_CASE("a minute without a holder ends it, counted from the last link's end", "[get]") {
  Getter get;
  get.fetches();
  get.round({holder(1)});
  get.passes(30s, {holder(1)});
  get.links(1);
  get.passes(1h, {holder(1)});
  CHECK_FALSE(get.ended());
  get.links(0);
  get.passes(30s, {holder(1)});
  get.links(0);  // who was not linked has gone, too
  get.passes(30s - 1ms, {holder(1)});
  CHECK_FALSE(get.ended());
  get.passes(1ms, {holder(1)});
  CHECK(get.fails(ExitCode::network,
                  "no holder is left that has what is missing; what is there is kept, and the next get goes on"));
}

TEST_CASE("the time it takes to prepare is no time without a holder", "[get]") {
  Getter get;
  get.round({holder(1)});
  get.steps.on_manifest(content(7));
  get.take();
  get.now += 2h;
  get.steps.on_begun(get.now);
  get.timer();
  CHECK_FALSE(get.ended());
}

TEST_CASE("with a time-out holders are waited for until then", "[get]") {
  Getter get({.has_timeout = true});
  get.fetches();
  get.round({holder(1)});
  get.passes(1h, {holder(1)});
  CHECK_FALSE(get.ended());
}

TEST_CASE("a disk that is full for a minute ends it, also with a time-out; room in between begins anew", "[get]") {
  for (const bool has_timeout : {false, true}) {
    Getter get({.has_timeout = has_timeout});
    get.fetches();
    get.links(1);
    get.round({holder(1)});
    get.steps.on_disk_full(get.now);
    get.passes(59s, {holder(1)});
    get.steps.on_room();
    get.passes(59s, {holder(1)});
    CHECK_FALSE(get.ended());
    get.steps.on_disk_full(get.now - 10s);
    get.passes(50s - 1ms, {holder(1)});
    CHECK_FALSE(get.ended());
    get.passes(1ms, {holder(1)});
    CHECK(get.fails(ExitCode::disk_full, "the disk has been full for a minute; what is there is kept"));
  }
}

TEST_CASE("the last piece ends it, and nothing comes after the end", "[get]") {
  Getter get;
  get.fetches();
  get.steps.on_complete(false, get.now);
  get.take();
  REQUIRE(get.ended());
  CHECK(get.end->code == ExitCode::complete);
  get.steps.on_complete(false, get.now);
  get.steps.on_holder(holder(2));
  get.steps.on_looked(get.asked(), get.now);
  get.now += 1h;
  get.timer();  // take() would notice an effect
}

// --- when the name becomes another content ---------------------------------------------------------------------------

TEST_CASE("the name is asked for again once nobody has given anything for half a second", "[get]") {
  Getter get;
  get.fetches();
  get.links(1);
  get.round({holder(1)});
  get.links(0);
  get.now += 4s;
  get.looks.clear();
  get.timer();
  REQUIRE(get.looks.size() == 1);
  CHECK_FALSE(get.looks.front().id);
  // Every second from then on, while it is so.
  get.round({});
  CHECK(get.steps.next_deadline() == get.now + 1s);
  get.links(1);
  get.looks.clear();
  get.now += 1s;
  get.timer();
  REQUIRE(get.looks.size() == 1);
  CHECK(get.looks.front().id == content(7));
}

TEST_CASE("who asks by content id never asks for a name", "[get]") {
  Getter get({.id = content(7)});
  get.fetches();
  get.round({holder(1)});
  get.now += 10s;
  get.looks.clear();
  get.timer();
  REQUIRE(get.looks.size() == 1);
  CHECK(get.looks.front().id == content(7));
}

/// Fetches content 7, and nobody gives anything of it; a round for the name is under way.
void loses_its_holders(Getter& get) {
  get.fetches();
  get.round({holder(1)});
  get.now += 4s;
  get.timer();
}

TEST_CASE("a name that has become another content ends it, by the word of a former holder", "[get]") {
  Getter get;
  loses_its_holders(get);
  get.round({holder(1, 8)});
  CHECK(get.fails(ExitCode::content_mismatch, "\"f\" is another content now: what was being fetched is 07"));
  CHECK(get.fails(ExitCode::content_mismatch, "1 holder: h:1\nget it again, or say --update"));
}

TEST_CASE("a stranger's word does not make the name another content, nor does a holder's while somebody still has it",
          "[get]") {
  Getter stranger;
  loses_its_holders(stranger);
  stranger.round({holder(2, 8)});
  CHECK_FALSE(stranger.ended());

  Getter divided;
  divided.round({holder(1), holder(2)});
  divided.steps.on_manifest(content(7));
  divided.steps.on_begun(divided.now);
  divided.timer();
  divided.round({holder(1), holder(2)});
  divided.now += 4s;
  divided.timer();
  divided.round({holder(1, 8), holder(2, 7)});
  CHECK_FALSE(divided.ended());
}

TEST_CASE("with --update it goes on with what the name means now", "[get]") {
  Getter get({.update = true});
  loses_its_holders(get);
  get.round({holder(1, 8)});
  CHECK_FALSE(get.ended());
  CHECK(get.fetches_ended == 1);
  REQUIRE(!get.words.empty());
  CHECK(get.words.back().find("going on with that") != std::string::npos);
  // Nothing is due, and nothing complete, until the fetch has ended.
  CHECK(get.steps.next_deadline() == kNever);
  get.steps.on_complete(false, get.now);
  get.steps.on_offering(0, get.now);
  get.take();
  get.now += 2s;
  get.looks.clear();
  get.steps.on_fetch_ended(get.now);
  get.timer();
  REQUIRE(get.looks.size() == 1);
  CHECK_FALSE(get.looks.front().id);
  get.fetches(8);
  CHECK(get.steps.chosen() == content(8));
  CHECK(get.asked_for_manifest.size() == 2);
  CHECK(get.begun == 2);
}

TEST_CASE("with --update what had no manifest yet is given up at once, and the search has its whole patience again",
          "[get]") {
  Getter get({.update = true});
  get.round({holder(1)});
  get.passes(600ms, {});
  get.now += 4s;
  get.timer();
  get.round({holder(1, 8)});
  CHECK(get.fetches_ended == 0);
  CHECK(get.steps.next_deadline() == get.now);
  get.timer();
  get.round({});
  get.passes(11s);
  CHECK_FALSE(get.ended());
  get.passes(3s);
  CHECK(get.fails(ExitCode::network, "nobody who can be found has"));
}

// --- all is there ----------------------------------------------------------------------------------------------------

TEST_CASE("one that serves sends what was asked of it, and leaves", "[get]") {
  Getter get({.serves = true});
  get.fetches();
  get.steps.on_complete(true, get.now);
  get.take();
  CHECK(get.steps.is_complete());
  CHECK(get.retired == 1);
  CHECK_FALSE(get.ended());
  get.steps.on_flushed();
  get.take();
  REQUIRE(get.ended());
  CHECK(get.end->code == ExitCode::complete);
}

TEST_CASE("who takes what it asked for slowly does not keep us for more than a minute", "[get]") {
  Getter get({.serves = true});
  get.fetches();
  get.steps.on_complete(true, get.now);
  get.passes(GetSteps::kFlushPatience - 1s);
  CHECK_FALSE(get.ended());
  get.passes(1s);
  REQUIRE(get.ended());
  CHECK(get.end->code == ExitCode::complete);
}

TEST_CASE("it serves on for as long as it was told to, and looks for nobody meanwhile", "[get]") {
  Getter get({.serves = true, .linger = 90s});
  get.fetches();
  get.steps.on_complete(true, get.now);
  get.take();
  CHECK(get.words.back().find("for 90 s") != std::string::npos);
  get.looks.clear();
  get.links(0);
  get.passes(89s);
  CHECK(get.retired == 0);
  get.passes(1s);
  CHECK(get.retired == 1);
  CHECK(get.looks.empty());
}

TEST_CASE("it serves on until a signal when it was told to keep", "[get]") {
  Getter get({.serves = true, .linger = GetSteps::kKeep});
  get.fetches();
  get.steps.on_complete(true, get.now);
  get.take();
  CHECK(get.steps.next_deadline() == kNever);
  CHECK(get.steps.is_complete());
}

TEST_CASE("what nobody can come for ends at once", "[get]") {
  Getter get({.serves = true, .linger = 90s});
  get.fetches();
  get.steps.on_complete(false, get.now);
  get.take();
  CHECK(get.ended());
}

TEST_CASE("one who serves is found by others after a second, once, and not before", "[get_steps]") {
  Getter get({.serves = true});
  get.fetches();
  get.passes(900ms, {holder(1)});
  CHECK(get.settled == 0);
  get.passes(200ms, {holder(1)});
  CHECK(get.settled == 1);
  get.passes(1min, {holder(1)});
  CHECK(get.settled == 1);
}

TEST_CASE("one who is done sooner, or serves nobody, is never found; one who keeps serving is", "[get_steps]") {
  Getter quick({.serves = true});
  quick.fetches();
  quick.steps.on_complete(true, quick.now);
  quick.take();
  quick.passes(10s);
  CHECK(quick.settled == 0);
  Getter taker;
  taker.fetches();
  taker.passes(10s, {holder(1)});
  CHECK(taker.settled == 0);
  Getter keeper({.serves = true, .linger = GetSteps::kKeep});
  keeper.fetches();
  keeper.steps.on_complete(true, keeper.now);
  keeper.take();
  CHECK(keeper.settled == 1);
}

}  // namespace
}  // namespace p2p
