// Fetching a content from those who hold it: which of them count, who lies, who takes another's name.
#include "peer/node/fetch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/exchange_node.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::run_until;
using test::TempDir;

const std::string kText = test::random_text(401);  // 101 pieces
const ManifestPtr kKnown = test::known_file("file", kText);

class Seed : public test::Seed {
 public:
  explicit Seed(asio::io_context& io, std::uint32_t id, const std::string& text = kText)
      : test::Seed(io, id, kKnown, {{"", text}}) {}
};

class Getter {
 public:
  explicit Getter(asio::io_context& io)
      : io_(io),
        fetch(io, PeerId{1}, kKnown, dir / "file", {},
              {.on_complete = [this] { ++completed; },
               .on_offering = [this](std::uint32_t count) { note_offering(count); }}) {}
  ~Getter() {
    bool over = false;
    fetch.finish([&] { over = true; });
    run_until(io_, [&] { return over; });
  }

  void start() {
    fetch.start();
    CHECK(completed == 0);
  }
  /// As its owner does now and then, until it is complete.
  void complete() {
    run_until(io_, [&] {
      fetch.show_progress();
      return completed > 0;
    });
    CHECK(completed == 1);
    CHECK(dir.read("file") == kText);
  }
  /// "7 x 101": who gave how many pieces.
  std::string contributions() const {
    std::string text;
    for (const Fetch::Contribution& each : fetch.contributions())
      text += (text.empty() ? "" : ", ") + std::to_string(each.peer.value) + " x " + std::to_string(each.pieces);
    return text;
  }

 private:
  void note_offering(std::uint32_t count) {
    offering = count;
    most_offering = std::max(most_offering, count);
  }

  asio::io_context& io_;

 public:
  TempDir dir;
  int completed = 0;
  std::uint32_t offering = 0;
  std::uint32_t most_offering = 0;
  Fetch fetch;
};

struct Quiet {
  Quiet() { spdlog::set_level(spdlog::level::off); }
  ~Quiet() { spdlog::set_level(spdlog::level::info); }
};

TEST_CASE("a content comes from one who holds it, and what that one gave is counted", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed seed(io, 7);
  Getter getter(io);
  getter.start();
  CHECK(getter.fetch.linked().empty());
  CHECK_FALSE(getter.fetch.explain().empty());
  getter.fetch.add_holder(seed.holder());
  getter.complete();
  CHECK(getter.contributions() == "7 x 101");
  CHECK(getter.fetch.linked() == std::set<Address>{seed.holder().address});
  CHECK(getter.most_offering == 1);
}

TEST_CASE("of several who hold it each is dialled once, and together they give all", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed one(io, 7), two(io, 8);
  Getter getter(io);
  getter.start();
  for (int i = 0; i < 3; ++i)
    for (const Seed* const seed : {&one, &two}) getter.fetch.add_holder(seed->holder());
  run_until(io, [&] { return getter.fetch.linked().size() == 2; });
  getter.complete();
  CHECK(one.dialled() == 1);
  CHECK(two.dialled() == 1);
  std::uint32_t pieces = 0;
  for (const Fetch::Contribution& each : getter.fetch.contributions()) pieces += each.pieces;
  CHECK(pieces == 101);
}

TEST_CASE("who says another size than the manifest does is not asked", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed wrong(io, 7), right(io, 8);
  Getter getter(io);
  getter.start();
  Holder holder = wrong.holder();
  ++holder.size;
  getter.fetch.add_holder(holder);
  getter.fetch.add_holder(right.holder());
  getter.complete();
  CHECK(wrong.dialled() == 0);
}

TEST_CASE("one who is gone keeps nobody from the others", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  std::optional<Seed> gone(std::in_place, io, 7u);
  const Holder holder = gone->holder();
  gone.reset();
  const Seed seed(io, 8);
  Getter getter(io);
  getter.start();
  getter.fetch.add_holder(holder);
  getter.fetch.add_holder(seed.holder());
  getter.complete();
  CHECK(getter.contributions() == "8 x 101");
}

TEST_CASE("where wrong bytes came from nobody is asked again, whatever ID is claimed there", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed liar(io, 7, test::random_text(400) + "x");
  const Seed honest(io, 8);
  Getter getter(io);
  getter.start();
  getter.fetch.add_holder(liar.holder());
  run_until(io, [&] { return getter.most_offering == 1 && getter.offering == 0; });
  Holder other_name = liar.holder();
  other_name.peer = PeerId{9};
  for (const Holder& holder : {liar.holder(), other_name, honest.holder()}) getter.fetch.add_holder(holder);
  getter.complete();
  CHECK(liar.dialled() == 1);
  CHECK(getter.contributions() == "8 x 101");
}

TEST_CASE("who takes the ID of an honest holder does not shut it out, nor is it convicted for the liar", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  Seed thief(io, 7, test::random_text(400) + "x");
  const Seed honest(io, 7);
  if (GENERATE(true, false)) thief.fall_silent();
  Getter getter(io);
  getter.start();
  getter.fetch.add_holder(thief.holder());
  run_until(io, [&] { return thief.dialled() == 1; });
  getter.fetch.add_holder(honest.holder());
  getter.complete();
  REQUIRE(getter.fetch.contributions().size() == 1);
  CHECK(getter.fetch.contributions()[0].address == honest.holder().address);
}

TEST_CASE("what is there already needs nobody", "[fetch]") {
  const Quiet quiet;
  asio::io_context io{1};
  const TempDir dir;
  dir.write("file", kText);
  int completed = 0;
  Fetch fetch(io, PeerId{1}, kKnown, dir / "file", {},
              {.on_complete = [&] { ++completed; }, .on_offering = [](std::uint32_t) {}});
  fetch.start();
  CHECK(completed == 0);
  run_until(io, [&] { return completed == 1; });
  CHECK(fetch.contributions().empty());
  bool over = false;
  fetch.finish([&] { over = true; });
  run_until(io, [&] { return over; });
}

}  // namespace
}  // namespace p2p
