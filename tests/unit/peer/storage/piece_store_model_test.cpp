// PieceStore against a naive model: random pieces in random order, parked and claimed, withdrawn, damaged on disk, with
// restarts and kills in between. The model is a list of what the journal says and the bytes of each piece.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "peer/storage/piece_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/small_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;
using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t bound) {
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>('a' + below(random, 26));
  return bytes;
}

Layout random_layout(Random& random) {
  const std::uint32_t piece_size = 1 + below(random, 8);
  if (below(random, 2) == 0) return Layout::of_file(1 + below(random, 40), piece_size);
  std::vector<Layout::File> files{{"a", 1 + below(random, 30)}};
  for (const char* const name : {"b", "sub/c", "sub/deep/d"}) files.push_back({name, below(random, 20)});
  return Layout::of_folder(std::move(files), {"hollow"}, piece_size);
}

/// What a store must say, told from the operations alone.
struct Model {
  explicit Model(std::uint32_t count) : disk(count), stored(count) {}

  /// Each record: the piece, and its bytes when it was stored; none once it has been withdrawn.
  std::vector<std::pair<std::uint32_t, std::optional<std::string>>> journal;
  std::vector<std::string> disk;  ///< The bytes at each piece's place; empty: nobody has written there.
  std::vector<bool> stored;
  bool made = true;  ///< By the process that runs, out of nothing.

  std::uint32_t count() const { return static_cast<std::uint32_t>(std::ranges::count(stored, true)); }
  bool complete() const { return count() == stored.size(); }
  std::optional<std::string> recorded(std::uint32_t piece) const {
    std::optional<std::string> last;
    for (const auto& [each, bytes] : journal)
      if (each == piece) last = bytes;
    return last;
  }
  void store(std::uint32_t piece, const std::string& bytes) {
    disk[piece] = bytes;
    journal.emplace_back(piece, bytes);
    stored[piece] = true;
  }
  void withdraw(std::uint32_t piece) {
    stored[piece] = false;
    for (auto& [each, bytes] : journal)
      if (each == piece) bytes.reset();
  }
  /// A new process: what the journal names and the bytes prove. `killed`: without a farewell.
  void restart(bool killed) {
    if (!killed && made && count() == 0) {
      *this = Model(static_cast<std::uint32_t>(stored.size()));
      return;
    }
    made = false;
    for (std::uint32_t i = 0; i < stored.size(); ++i) stored[i] = recorded(i) && *recorded(i) == disk[i];
  }
};

class Game {
 public:
  explicit Game(std::uint32_t seed)
      : random_(seed),
        content_{.root = dir_ / "content", .layout = random_layout(random_)},
        model_(content_.layout.geometry().piece_count()) {
    open();
  }

  void play() {
    for (int step = 0; step < 60 && !model_.complete(); ++step) {
      do_something();
      compare();
    }
    for (std::uint32_t i = 0; i < model_.stored.size(); ++i)
      if (!model_.stored[i]) write(i);
    compare();
    take_some_back();
    compare();
    restart(false);
    compare();
    CHECK(std::filesystem::exists(content_.root) == model_.complete());
    CHECK(std::filesystem::exists(part()) != model_.complete());
  }

 private:
  std::filesystem::path part() const { return content_.root.string() + ".part"; }
  void open() { store_.emplace(content_, PieceStore::Options{}); }
  std::size_t size_of(std::uint32_t piece) const { return content_.layout.geometry().size_of(PieceIndex{piece}); }
  std::optional<std::uint32_t> any(bool stored) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < model_.stored.size(); ++i)
      if (model_.stored[i] == stored) all.push_back(i);
    if (all.empty()) return std::nullopt;
    return all[below(random_, static_cast<std::uint32_t>(all.size()))];
  }

  void do_something() {
    const auto missing = any(false), stored = any(true);
    switch (below(random_, 12)) {
      case 0: return restart(false);
      case 1: return killed_while_writing();
      case 2:
        if (stored) withdraw({*stored});
        return;
      case 3:
        if (stored) damage(*stored);
        return;
      case 4:
      case 5: return park_and_perhaps_claim(*missing);
      default: return write(*missing);
    }
  }

  void write(std::uint32_t piece) {
    const std::string bytes = random_bytes(random_, size_of(piece));
    test::write(*store_, piece, bytes);
    model_.store(piece, bytes);
  }

  void park_and_perhaps_claim(std::uint32_t piece) {
    const std::string bytes = random_bytes(random_, size_of(piece));
    store_->park(PieceIndex{piece}, std::as_bytes(std::span(bytes)));
    model_.disk[piece] = bytes;
    if (below(random_, 2) == 0) return;
    store_->claim(PieceIndex{piece});
    model_.store(piece, bytes);
  }

  void withdraw(const std::vector<std::uint32_t>& pieces) {
    std::vector<PieceIndex> wrong, expected;
    for (const std::uint32_t piece : pieces) {
      wrong.push_back(PieceIndex{piece});
      if (model_.stored[piece]) expected.push_back(PieceIndex{piece});
    }
    CHECK(store_->withdraw(wrong) == expected);
    for (const PieceIndex piece : expected) model_.withdraw(piece.value);
  }

  /// The content had its name; some of it was wrong. Its journal is a new one, of what is left.
  void take_some_back() {
    if (below(random_, 2) == 0) return;
    const std::uint32_t wrong = *any(true);
    CHECK(store_->withdraw(std::vector{PieceIndex{wrong}}) == std::vector{PieceIndex{wrong}});
    model_.journal.clear();
    model_.stored[wrong] = false;
    model_.made = false;
    for (std::uint32_t i = 0; i < model_.stored.size(); ++i)
      if (model_.stored[i]) model_.journal.emplace_back(i, model_.disk[i]);
  }

  /// Somebody changes a byte of a stored piece; the store finds out when it looks.
  void damage(std::uint32_t piece) {
    const Layout::Place at = content_.layout.place_of(PieceIndex{piece});
    std::string& bytes = model_.disk[piece];
    const std::uint32_t where = below(random_, static_cast<std::uint32_t>(bytes.size()));
    bytes[where] = '!';
    std::fstream file(place_below(part(), content_.layout.files()[at.file].path),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at.offset + where));
    file.put('!');
    file.close();
    if (below(random_, 2) == 0) return restart(below(random_, 2) == 0);
    CHECK(store_->recheck(PieceIndex{piece}) == std::vector{PieceIndex{piece}});
    model_.stored[piece] = false;
  }

  void restart(bool killed) {
    if (killed) {
      // As far as the disk can tell: the process that wrote is gone without its farewell, and a torn record stands
      // behind the others.
      if (model_.count() == 0) return;
      store_.reset();
      std::ofstream(content_.root.string() + ".journal", std::ios::app | std::ios::binary)
          << std::string(1 + below(random_, 31), 'x');
    } else {
      store_.reset();
    }
    open();
    model_.restart(killed);
  }

  /// Another process goes on with some pieces, and ends between two system calls.
  void killed_while_writing() {
    if (model_.count() == 0) return;
    store_.reset();
    model_.restart(true);
    std::map<std::uint32_t, std::string> pieces;
    for (std::uint32_t left = below(random_, 4); left > 0 && model_.count() + pieces.size() + 1 < model_.stored.size();
         --left)
      if (const auto piece = any(false)) pieces[*piece] = random_bytes(random_, size_of(*piece));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      PieceStore store(content_, {});
      for (const auto& [piece, bytes] : pieces) test::write(store, piece, bytes);
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    for (const auto& [piece, bytes] : pieces) model_.store(piece, bytes);
    open();
    model_.restart(true);
  }

  void compare() {
    for (std::uint32_t i = 0; i < model_.stored.size(); ++i) {
      if (store_->stored().test(PieceIndex{i}) != model_.stored[i])
        FAIL("piece " << i << " should " << (model_.stored[i] ? "" : "not ") << "be stored");
      if (model_.stored[i] && test::source(*store_, i) != model_.disk[i]) FAIL("other bytes are sent for piece " << i);
    }
  }

  TempDir dir_;
  Random random_;
  Content content_;
  Model model_;
  std::optional<PieceStore> store_;
};

TEST_CASE("a store claims what a naive model does, after any operations, restarts and kills", "[storage][model]") {
  const std::uint32_t first = std::random_device()();
  for (std::uint32_t i = 0; i < 150; ++i) {
    INFO("seed " << first + i);
    Game(first + i).play();
  }
}

}  // namespace
}  // namespace p2p
