// Reading a content while it is fetched: by a real Fetch from one who holds it, readers on other threads.
#include "peer/node/fetch_readers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "peer/node/fetch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/seed.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::run_until;
using test::Seed;
using test::TempDir;

struct Quiet {
  Quiet() { spdlog::set_level(spdlog::level::off); }
  ~Quiet() { spdlog::set_level(spdlog::level::info); }
};

const std::map<std::string, std::string> kFiles = {
    {"a", test::random_text(2001)}, {"b/c", test::random_text(3)}, {"d", test::random_text(1999)}};

/// A fetch of one file or of a folder, and threads that read it.
class Node {
 public:
  explicit Node(asio::io_context& io, const ManifestPtr& known, FetchReaders::Options options = {})
      : io_(io),
        fetch(std::in_place, io, PeerId{1}, known, dir / "content", Fetch::Options{},
              Fetch::Hooks{.on_complete = [this] { complete = true; }, .on_offering = [](std::uint32_t) {}}) {
    fetch->readers().set_options(std::move(options));
    fetch->start();
  }
  ~Node() {
    finish();
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<ByteSource> source(std::size_t file = 0) const { return fetch->readers().source(file); }
  /// Reads on a thread; `into` is there when read() counts it.
  void read(std::shared_ptr<ByteSource> from, std::uint64_t first, std::uint64_t count, test::Read& into) {
    threads_.emplace_back([this, from = std::move(from), first, count, &into] {
      into = test::read_range(*from, first, count);
      ++read_;
    });
  }
  void until_all_are_read() {
    run_until(io_, [&] { return read_ == threads_.size(); });
  }
  void finish() {
    if (!fetch) return;
    bool over = false;
    fetch->finish([&] { over = true; });
    run_until(io_, [&] { return over; });
  }

 private:
  asio::io_context& io_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> read_ = 0;

 public:
  TempDir dir;
  bool complete = false;
  std::optional<Fetch> fetch;
};

const std::string kText = test::random_text(4001);  // 1001 pieces
const ManifestPtr kKnown = test::known_file("content", kText);

TEST_CASE("ranges that are read while the pieces come are the content's bytes", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  const ManifestPtr known = test::known_folder(kFiles);
  const Seed seed(io, 7, known, kFiles);
  Node node(io, known);
  std::mt19937 random(1);
  std::vector<test::Read> reads(24);
  std::vector<std::string> expected;
  for (test::Read& read : reads) {
    const std::size_t file = random() % kFiles.size();
    const std::string& text = std::next(kFiles.begin(), static_cast<std::ptrdiff_t>(file))->second;
    const std::uint64_t first = random() % text.size(), count = 1 + random() % (text.size() - first);
    expected.push_back(text.substr(first, count));
    node.read(node.source(file), first, count, read);
  }
  node.fetch->add_holder(seed.holder());
  node.until_all_are_read();
  for (std::size_t i = 0; i < reads.size(); ++i) {
    CHECK(reads[i].fault.empty());
    CHECK(reads[i].text == expected[i]);
  }
  run_until(io, [&] { return node.fetch->readers().count() == 0; });
}

TEST_CASE("what a reader waits for comes first", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed seed(io, 7, kKnown, {{"", kText}});
  Node node(io, kKnown);
  std::uint64_t stored_when_woken = 0;
  const auto reader = node.source()->open(3001, 1000, [&] {
    if (stored_when_woken == 0) stored_when_woken = node.fetch->stored_bytes();
  });
  std::byte byte;
  CHECK(reader->read({&byte, 1}).state == ByteReader::State::waiting);
  run_until(io, [&] { return node.fetch->readers().count() == 1; });
  CHECK(node.fetch->readers().wanted() == std::vector<FetchReaders::Pieces>{{750, 1001}});
  node.fetch->add_holder(seed.holder());
  run_until(io, [&] { return stored_when_woken > 0; });
  CHECK(reader->read({&byte, 1}).state == ByteReader::State::some);
  CHECK(byte == static_cast<std::byte>(kText[3001]));
  CHECK(stored_when_woken < 400);  // a tenth of all
}

TEST_CASE("a window is of some MiB, and neither few nor many pieces", "[readers]") {
  CHECK(FetchReaders::window(4) == 128);
  CHECK(FetchReaders::window(256 << 10) == 64);
  CHECK(FetchReaders::window(1 << 20) == 32);
  CHECK(FetchReaders::window(16 << 20) == 32);
}

TEST_CASE("many readers read at once, each from its place", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed seed(io, 7, kKnown, {{"", kText}});
  Node node(io, kKnown);
  std::vector<std::unique_ptr<ByteReader>> readers;
  std::vector<std::string> texts(300);
  for (std::size_t i = 0; i < texts.size(); ++i) readers.push_back(node.source()->open(i * 13, 100, [] {}));
  run_until(io, [&] { return node.fetch->readers().count() == texts.size(); });
  node.fetch->add_holder(seed.holder());
  std::array<std::byte, 7> block;
  run_until(io, [&] {
    bool all = true;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].size() == 100) continue;
      all = false;
      const ByteReader::Got got =
          readers[i]->read(std::span(block).first(std::min<std::size_t>(7, 100 - texts[i].size())));
      if (got.state == ByteReader::State::some) texts[i].append(reinterpret_cast<const char*>(block.data()), got.bytes);
    }
    return all;
  });
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == kText.substr(i * 13, 100));
  readers.clear();
  run_until(io, [&] { return node.fetch->readers().count() == 0; });
}

TEST_CASE("it is told what readers want: when one comes, moves, and is gone", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  std::vector<std::vector<FetchReaders::Pieces>> told;
  std::optional<Node> node;
  node.emplace(io, kKnown,
               FetchReaders::Options{.on_wanted = [&] { told.push_back(node->fetch->readers().wanted()); }});
  auto reader = node->source()->open(0, 12, [] {});
  run_until(io, [&] { return told.size() == 1; });
  reader.reset();
  run_until(io, [&] { return told.size() == 2; });
  CHECK(told == std::vector<std::vector<FetchReaders::Pieces>>{{{0, 3}}, {}});
}

TEST_CASE("a reader to whom nothing comes fails, and says what is in the way", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  Node node(io, kKnown, {.patience = 50ms});
  test::Read read;
  node.read(node.source(), 0, 8, read);
  node.until_all_are_read();
  CHECK(read.text.empty());
  CHECK(read.fault == node.fetch->explain());
}

TEST_CASE("readers of a fetch that ends fail, and so do those that come later", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  Node node(io, kKnown);
  const auto source = node.source();
  test::Read before, after, late;
  node.read(source, 0, 8, before);
  run_until(io, [&] { return node.fetch->readers().count() == 1; });
  node.finish();
  node.read(source, 0, 8, after);
  node.until_all_are_read();
  CHECK(before.fault.find("this node has stopped fetching it") == 0);
  CHECK(after.fault == before.fault);
  node.fetch.reset();
  node.read(source, 0, 8, late);
  node.until_all_are_read();
  CHECK(late.fault == "this node does not fetch it any more");
}

TEST_CASE("a complete file that somebody changes ends its readers, before a wrong byte is out", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed seed(io, 7, kKnown, {{"", kText}});
  Node node(io, kKnown);
  node.fetch->add_holder(seed.holder());
  run_until(io, [&] { return node.complete; });
  test::Wake wake;
  const auto reader = node.source()->open(0, kText.size(), wake.call());
  std::array<std::byte, 8> bytes;
  run_until(io, [&] { return reader->read(bytes).state == ByteReader::State::some; });
  SECTION("only its time") {
    std::filesystem::last_write_time(node.dir / "content", std::filesystem::file_time_type(1h));
    run_until(io, [&] { return reader->read(bytes).state == ByteReader::State::some; });
    CHECK(std::equal(bytes.begin(), bytes.end(), std::as_bytes(std::span(kText)).begin() + 8));
  }
  SECTION("its bytes") {
    node.dir.write("content", std::string(kText.size(), '.'));
    std::filesystem::last_write_time(node.dir / "content", std::filesystem::file_time_type(1h));
    ByteReader::Got got{};
    run_until(io, [&] {
      got = reader->read(bytes);
      CHECK(got.state != ByteReader::State::some);
      return got.state == ByteReader::State::failed;
    });
    CHECK(reader->fault() == "the file was changed at the node that gives it");
  }
}

TEST_CASE("pieces that are lost from an unfinished file are waited for again", "[readers]") {
  const Quiet quiet;
  asio::io_context io{1};
  const Seed seed(io, 7, kKnown, {{"", kText}});
  Node node(io, kKnown);
  // All but the first piece is here.
  bool here = false;
  node.fetch.reset();
  {
    PieceStore store(content_of(node.dir / "content", kKnown), {});
    for (std::uint32_t i = 1; i < store.geometry().piece_count(); ++i)
      store.write(PieceIndex{i}, std::as_bytes(std::span(kText)).subspan(4 * i, store.geometry().size_of({i})));
  }
  node.fetch.emplace(io, PeerId{1}, kKnown, node.dir / "content", Fetch::Options{},
                     Fetch::Hooks{.on_complete = [&] { here = true; }, .on_offering = [](std::uint32_t) {}});
  node.fetch->start();
  std::filesystem::resize_file(node.dir / "content.part", 3000);
  test::Read lost;
  node.read(node.source(), 2500, 1501, lost);
  run_until(io, [&] { return node.fetch->stored_bytes() < kText.size() - 4; });
  node.fetch->add_holder(seed.holder());
  node.until_all_are_read();
  CHECK(lost.fault.empty());
  CHECK(lost.text == kText.substr(2500));
  run_until(io, [&] { return here; });
}

}  // namespace
}  // namespace p2p
