// Pieces that were stored and proved wrong after all.
#include <algorithm>
#include <string>
#include <vector>

#include "peer/storage/piece_store.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/small_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::content;
using test::refusal;
using test::source;
using test::TempDir;
using test::write;

TEST_CASE("a piece that is withdrawn is not claimed, not by a later start either, and another one takes its place",
          "[storage]") {
  const TempDir dir;
  const std::vector wrong{PieceIndex{1}};
  {
    PieceStore store(content(dir.path()), {});
    write(store, 0, "aaaa");
    write(store, 1, "????");
    const std::string journal = dir.read("file.journal");
    CHECK(store.withdraw(std::vector{PieceIndex{1}, PieceIndex{2}}) == wrong);
    CHECK(test::picture(store.stored()) == "100");
    CHECK(dir.read("file.journal").size() == journal.size());  // a full disk is no obstacle
  }
  {
    PieceStore store(content(dir.path()), {});
    CHECK(test::picture(store.stored()) == "100");
    write(store, 1, "bbbb");
  }
  PieceStore store(content(dir.path()), {});
  CHECK(test::picture(store.stored()) == "110");
  write(store, 2, "cc");
  CHECK(dir.read("file") == "aaaabbbbcc");
}

TEST_CASE("a complete content loses its name when a piece is withdrawn, and gets it again", "[storage]") {
  const TempDir dir;
  const auto complete = [&](PieceStore& store) {
    write(store, 0, "aaaa");
    write(store, 1, "????");
    write(store, 2, "cc");
    CHECK(dir.has("file"));
  };
  const std::vector wrong{PieceIndex{1}};
  SECTION("in the same process") {
    PieceStore store(content(dir.path()), {});
    complete(store);
    CHECK(store.withdraw(wrong) == wrong);
    CHECK_FALSE(dir.has("file"));
    CHECK(source(store, 0) == "aaaa");
    write(store, 1, "bbbb");
    CHECK(dir.read("file") == "aaaabbbbcc");
    CHECK_FALSE(dir.has("file.journal"));
  }
  SECTION("in the next one") {
    {
      PieceStore store(content(dir.path()), {});
      complete(store);
      store.withdraw(wrong);
    }
    PieceStore store(content(dir.path()), {});
    CHECK(test::picture(store.stored()) == "101");
    write(store, 1, "bbbb");
    CHECK(dir.read("file") == "aaaabbbbcc");
  }
  SECTION("but not when that would touch something else") {
    PieceStore store(content(dir.path()), {});
    complete(store);
    std::string kept = "aaaa????cc";
    std::string reason;
    SECTION("its other name") {
      std::filesystem::create_hard_link(dir / "file", dir / "copy");
      reason = "has another name, too";
    }
    SECTION("what has been written to it") {
      dir.write("file", kept = "somebody's"), reason = "somebody else has changed it";
    }
    SECTION("what its name leads to") {
      std::filesystem::rename(dir / "file", dir / "copy");
      std::filesystem::create_symlink("copy", dir / "file");
      reason = "somebody else has changed it";
    }
    SECTION("what has the scratch names") {
      for (const Scratch& pair : scratch_names(content(dir.path()))) dir.write(pair.part.filename().string(), "mine");
      reason = "something else has the names";
    }
    const auto [fault, message] = refusal([&] { store.withdraw(wrong); });
    CHECK(fault == StoreFault::mismatch);
    CHECK(message.find(reason) != std::string::npos);
    CHECK(dir.read("file") == kept);
  }
}

}  // namespace
}  // namespace p2p
