// ChunkStore against a naive model: chunks come in random order, between restarts, beside files of the user's. The
// model is a map from a chunk to its name and bytes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "config/local_chunks.hpp"
#include "peer/storage/chunk_store.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using Random = std::mt19937;

constexpr std::uint32_t kChunks = 12;

struct Stored {
  std::string name;
  std::string bytes;
  bool original;  ///< It was there from the start, and not received.
};

class Game {
 public:
  explicit Game(std::uint32_t seed) : random_(seed) {
    std::string list;
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      if (below(4) != 0) continue;
      model_[i] = {"original " + std::to_string(i), random_bytes(below(100)), true};
      list += std::to_string(i + 1) + "," + model_[i].name + "\n";
      dir_.write(model_[i].name, model_[i].bytes);
    }
    dir_.write("local_chunks.txt", list + std::to_string(kChunks) + ",LASTCHUNK\n");
    dir_.write("notes", "mine");
    open();
  }

  void play() {
    for (int step = 0; step < 30; ++step) {
      switch (below(5)) {
        case 0: open(); break;
        case 1: change(); break;
        default: receive();
      }
      compare();
    }
    CHECK(dir_.read("notes") == "mine");
    for (const auto& entry : fs::directory_iterator(dir_ / "."))
      CHECK((is_known(entry.path().filename()) || entry.path().filename() == "notes"));
  }

 private:
  std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_);
  }
  std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random_());
    return bytes;
  }
  bool is_known(const std::string& name) const {
    if (name == "local_chunks.txt" || name == ".peerProcess") return true;
    for (const auto& [piece, stored] : model_)
      if (stored.name == name) return true;
    return false;
  }

  void open() {
    store_.reset();
    store_.emplace(dir_.path(), ChunkStore::Options{});
    std::size_t held = 0;
    for (const auto& [piece, stored] : model_) {
      REQUIRE(held < store_->held().size());
      const HeldChunk& each = store_->held()[held++];
      CHECK(each.piece == PieceIndex{piece});
      CHECK(each.original == stored.original);
      CHECK(each.claim.name == stored.name);
      CHECK(each.claim.size == stored.bytes.size());
    }
    CHECK(held == store_->held().size());
    expected_.clear();
  }

  void receive() {
    const std::uint32_t chunk = below(kChunks);
    const PieceIndex piece{chunk};
    if (model_.contains(chunk)) return;
    if (!expected_.contains(chunk)) {
      // The user has something of that name now and then.
      Stored coming{"chunk " + std::to_string(chunk),
                    random_bytes(below(8) == 0 ? ChunkStore::kLargestInMemory + 1 + below(1000) : below(200)), false};
      if (below(8) == 0) {
        CHECK_FALSE(store_->expect(piece, claim_of(coming, "notes")));
        return open();
      }
      REQUIRE(store_->expect(piece, claim_of(coming, coming.name)));
      // As the swarm does, when somebody announces it.
      Geometry geometry = store_->geometry();
      geometry.learn(piece, static_cast<std::uint32_t>(coming.bytes.size()));
      expected_[chunk] = std::move(coming);
    }
    const Stored& coming = expected_[chunk];
    CHECK(store_->matches(piece, bytes_of(coming.bytes)));
    CHECK_FALSE(store_->matches(piece, bytes_of(coming.bytes + "x")));
    if (coming.bytes.size() > store_->largest_in_memory()) {
      const auto part = store_->map(piece);
      std::ranges::copy(bytes_of(coming.bytes), part->data());
      store_->keep(piece, *part);
    } else {
      store_->write(piece, bytes_of(coming.bytes));
    }
    model_[chunk] = coming;
    expected_.erase(chunk);
  }

  /// Somebody writes to a chunk while it is served. It is put right again, because a start would refuse it.
  void change() {
    if (model_.empty()) return;
    auto at = model_.begin();
    std::advance(at, below(static_cast<std::uint32_t>(model_.size())));
    const PieceIndex piece{at->first};
    if (!store_->stored().test(piece)) return;
    dir_.write(at->second.name, at->second.bytes + "more");
    CHECK_FALSE(store_->source(piece));
    CHECK(store_->recheck(piece) == std::vector{piece});
    CHECK_FALSE(store_->stored().test(piece));
    dir_.write(at->second.name, at->second.bytes);
    open();
  }

  void compare() {
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      const PieceIndex piece{i};
      REQUIRE(store_->stored().test(piece) == model_.contains(i));
      if (!model_.contains(i)) continue;
      const auto source = store_->source(piece);
      REQUIRE(source);
      std::string bytes(source->file->size(), '?');
      source->file->read_at(source->offset, std::as_writable_bytes(std::span(bytes)));
      REQUIRE(bytes == model_.at(i).bytes);
    }
    const auto listed = config::parse_local_chunks(dir_.read("local_chunks.txt"), "list");
    CHECK(listed.total == kChunks);
    CHECK(listed.chunks.size() == model_.size());
    for (const config::LocalChunk& each : listed.chunks) CHECK(model_.at(each.index - 1).name == each.name);
  }

  static std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
  static ChunkClaim claim_of(const Stored& coming, std::string name) {
    return {static_cast<std::uint32_t>(coming.bytes.size()), sha256(bytes_of(coming.bytes)), std::move(name)};
  }

  TempDir dir_;
  Random random_;
  std::map<std::uint32_t, Stored> model_;
  std::map<std::uint32_t, Stored> expected_;
  std::optional<ChunkStore> store_;
};

TEST_CASE("a folder of chunks has what a naive model has, after any arrivals and restarts", "[chunk_store][model]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);  // it tells of each name that is the user's
  const std::uint32_t first = std::random_device()();
  for (std::uint32_t i = 0; i < 40; ++i) {
    INFO("seed " << first + i);
    Game(first + i).play();
  }
  spdlog::set_level(level);
}

}  // namespace
}  // namespace p2p
