// One who follows a name: a get that goes on when all is there.
#include "tests/support/getter.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::content;
using test::Getter;
using test::holder;
using test::host;

// --- the manifest ----------------------------------------------------------------------------------------------------

Getter::Options following() { return {.update = true, .follow = true, .serves = true, .linger = GetSteps::kKeep}; }

/// Up to the end of the fetch of this content.
void arrives(Getter& get, std::uint8_t digit = 7) {
  get.steps.on_complete(true, get.now);
  get.take();
  CHECK(get.steps.chosen() == content(digit));
}

TEST_CASE("one who follows looks for the name, and fetches what it becomes", "[get_steps][follow]") {
  Getter get(following());
  get.fetches();
  arrives(get);
  CHECK(get.arrived == 1);
  CHECK(get.steps.is_complete());
  get.looks.clear();
  get.passes(2s, {holder(1)});
  CHECK_FALSE(get.looks.empty());
  CHECK_FALSE(get.looks.back().id);  // by name
  CHECK(get.fetches_ended == 0);
  get.passes(2s, {holder(1, 8)});
  CHECK(get.fetches_ended == 1);
  CHECK_FALSE(get.steps.is_complete());
  CHECK(get.words.back().find("is another content now: 08") != std::string::npos);
  get.steps.on_fetch_ended(get.now);
  get.timer();
  get.round({holder(1, 8)});
  get.steps.on_manifest(content(8));
  get.steps.on_begun(get.now);
  arrives(get, 8);
  CHECK(get.arrived == 2);
  CHECK_FALSE(get.ended());
}

TEST_CASE("while holders do not agree on what it is now, it stays what it is, and that is said once",
          "[get_steps][follow]") {
  Getter get(following());
  get.fetches();
  arrives(get);
  const std::size_t said = get.words.size();
  for (int i = 0; i < 5; ++i) get.passes(2s, {holder(1, 8), holder(2, 9)});
  CHECK(get.fetches_ended == 0);
  CHECK(get.words.size() == said + 1);
  get.passes(2s, {});
  CHECK(get.fetches_ended == 0);
}

TEST_CASE("copies of what it was do not keep it from becoming another content", "[get_steps][follow]") {
  Getter get(following());
  get.fetches();
  arrives(get);
  std::vector<Holder> found{holder(1, 8)};
  for (std::uint32_t i = 2; i < 9; ++i) {
    found.push_back(holder(i, 7));
    found.back().copy = true;
  }
  get.passes(2s, found);
  CHECK(get.fetches_ended == 1);
}

TEST_CASE("a quorum holds for what it becomes", "[get_steps][follow]") {
  Getter::Options options = following();
  options.quorum = 2;
  Getter get(options);
  get.round({holder(1), holder(2)});
  get.steps.on_manifest(content(7));
  get.steps.on_begun(get.now);
  get.timer();
  arrives(get);
  get.passes(4s, {holder(1, 8), holder(2, 7)});
  CHECK(get.fetches_ended == 0);
  get.passes(2s, {holder(1, 8), holder(2, 8)});
  CHECK(get.fetches_ended == 1);
}

TEST_CASE("one who follows outlives what ends others", "[get_steps][follow]") {
  Getter get(following());
  get.fetches();
  arrives(get);
  get.passes(2s, {holder(1, 8)});
  get.steps.on_fetch_ended(get.now);
  get.timer();
  // Nobody gives the manifest, then nobody has it at all, then the manifest is none.
  get.passes(3min, {holder(1, 8)});
  CHECK_FALSE(get.ended());
  get.passes(10min, {});
  CHECK_FALSE(get.ended());
  get.passes(2s, {holder(1, 8)});
  get.steps.on_unusable("it is none", get.now);
  get.take();
  CHECK_FALSE(get.ended());
  CHECK(get.words.back() == "it is none");
  get.passes(10s, {holder(1, 8)});
  get.steps.on_manifest(content(8));
  get.steps.on_begun(get.now);
  arrives(get, 8);
}

TEST_CASE("before all was there once, one who follows gives up as others do", "[get_steps][follow]") {
  Getter get(following());
  get.round({});
  get.passes(30s, {});
  CHECK(get.ended());
}

}  // namespace
}  // namespace p2p
