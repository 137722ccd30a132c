// The journal: what is read of one that is whole, torn, damaged, foreign or of another version.
#include "peer/storage/journal.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr std::size_t kHeader = 32;
constexpr std::size_t kRecord = 32;
const std::string kMagic = "P2PFILE JOURNAL1";

Xxh3Digest digest(unsigned char first) {
  Xxh3Digest value;
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = std::byte(static_cast<unsigned char>(first + i));
  return value;
}

const Xxh3Digest kKey = digest(0x10);
const Xxh3Digest kOtherKey = digest(0x11);

Journal::Record record(std::uint32_t piece) {
  return {PieceIndex{piece}, digest(static_cast<unsigned char>(0x80 + piece))};
}

/// "3:83 4:84": piece and the first byte of its digest, in hexadecimal digits.
std::string text(const std::vector<Journal::Record>& records) {
  std::string all;
  for (const Journal::Record& each : records) {
    char one[32];
    std::snprintf(one, sizeof one, "%s%u:%02x", all.empty() ? "" : " ", each.piece.value,
                  std::to_integer<unsigned>(each.digest[0]));
    all += one;
  }
  return all;
}

/// What the next process reads; "none" when it is not its journal.
std::string reopened(const fs::path& path, const Xxh3Digest& key = kKey) {
  const auto journal = Journal::open(path, key);
  return journal ? text(journal->records()) : "none";
}

void make(const fs::path& path, std::initializer_list<std::uint32_t> pieces, const Xxh3Digest& key = kKey) {
  Journal journal = Journal::create(path, key);
  for (const std::uint32_t piece : pieces) journal.append(record(piece));
}

TEST_CASE("a new journal is its header, a record is 32 bytes more", "[journal]") {
  const TempDir dir;
  make(dir / "j", {});
  std::string key;
  for (const std::byte byte : kKey) key += static_cast<char>(byte);
  CHECK(dir.read("j") == kMagic + key);
  CHECK(reopened(dir / "j").empty());
  make(dir / "k", {0x01020304});
  const std::string bytes = dir.read("k");
  REQUIRE(bytes.size() == kHeader + kRecord);
  CHECK(bytes.substr(kHeader, 8) == std::string("\x01\x02\x03\x04\0\0\0\0", 8));
}

TEST_CASE("records are read in the order in which they were written, repeated ones too", "[journal]") {
  const TempDir dir;
  make(dir / "j", {3, 1, 3});
  CHECK(reopened(dir / "j") == "3:83 1:81 3:83");
  {
    auto journal = Journal::open(dir / "j", kKey);
    REQUIRE(journal);
    journal->append(record(7));
    CHECK(text(journal->records()) == "3:83 1:81 3:83");  // those that were there when it was opened
  }
  CHECK(reopened(dir / "j") == "3:83 1:81 3:83 7:87");
}

TEST_CASE("something else under the name is no journal, and stays as it is", "[journal]") {
  const TempDir dir;
  make(dir / "ours", {1});
  const std::string ours = dir.read("ours");
  std::string other_version = ours;
  other_version[kMagic.size() - 1] = '2';
  for (const std::string& bytes : {std::string(), std::string("my notes"), kMagic, ours.substr(0, kHeader - 1),
                                   other_version, std::string(1000, '\0'), " " + ours}) {
    dir.write("j", bytes);
    CHECK(reopened(dir / "j") == "none");
    CHECK(dir.read("j") == bytes);
    try {
      Journal::create(dir / "j", kKey);
      FAIL("it was made in the place of something else");
    } catch (const std::system_error& error) {
      CHECK(error.code() == std::errc::file_exists);
    }
    CHECK(dir.read("j") == bytes);
  }
  CHECK(reopened(dir / "ours", kOtherKey) == "none");
  CHECK(dir.read("ours") == ours);
  CHECK(reopened(dir / "nothing") == "none");
  CHECK(reopened(dir / "ours/below a file") == "none");
  CHECK(reopened(dir / std::string(300, 'n')) == "none");
}

TEST_CASE("what is no regular file is no journal, and is not waited for", "[journal]") {
  const TempDir dir;
  make(dir / "ours", {1});
  fs::create_directory(dir / "folder");
  fs::create_symlink("ours", dir / "link");
  fs::create_symlink("nowhere", dir / "dangling");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  for (const char* const name : {"folder", "link", "dangling", "pipe"}) {
    INFO(name);
    CHECK(reopened(dir / name) == "none");
    CHECK_FALSE(Journal::is_at(dir / name));
    CHECK_THROWS_AS(Journal::create(dir / name, kKey), std::system_error);
  }
  CHECK(reopened(dir / "ours") == "1:81");
}

TEST_CASE("a journal that was cut anywhere gives its whole records, and the next one goes behind them", "[journal]") {
  const TempDir dir;
  make(dir / "whole", {4, 5, 6});
  const std::string whole = dir.read("whole");
  const std::string expected[] = {"", "4:84", "4:84 5:85", "4:84 5:85 6:86"};
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    INFO(cut);
    dir.write("j", whole.substr(0, cut));
    if (cut < kHeader) {
      CHECK(reopened(dir / "j") == "none");
      CHECK(dir.read("j").size() == cut);
      continue;
    }
    const std::string& left = expected[(cut - kHeader) / kRecord];
    {
      auto journal = Journal::open(dir / "j", kKey);
      REQUIRE(journal);
      CHECK(text(journal->records()) == left);
      journal->append(record(9));
    }
    CHECK(reopened(dir / "j") == left + (left.empty() ? "9:89" : " 9:89"));
  }
}

TEST_CASE("reading ends at a record of which any bit has changed", "[journal]") {
  const TempDir dir;
  make(dir / "whole", {4, 5, 6});
  const std::string whole = dir.read("whole");
  for (std::size_t bit = 0; bit < 8 * kRecord; ++bit) {
    std::string damaged = whole;
    damaged[kHeader + kRecord + bit / 8] = static_cast<char>(damaged[kHeader + kRecord + bit / 8] ^ (1 << bit % 8));
    dir.write("j", damaged);
    if (reopened(dir / "j") != "4:84") FAIL("bit " << bit << " may change and nobody knows");
  }
  {
    auto journal = Journal::open(dir / "j", kKey);
    REQUIRE(journal);
    journal->append(record(7));
  }
  // What stood behind the damage is not found again.
  CHECK(reopened(dir / "j") == "4:84 7:87");
}

TEST_CASE("records of another content's journal prove nothing", "[journal]") {
  const TempDir dir;
  make(dir / "ours", {4});
  make(dir / "theirs", {4, 5}, kOtherKey);
  dir.write("ours", dir.read("ours") + dir.read("theirs").substr(kHeader));
  CHECK(reopened(dir / "ours") == "4:84");
}

TEST_CASE("a record that found no room is not there, and its place is used again", "[journal]") {
  const TempDir dir;
  for (const std::uint64_t room : {0u, 1u, 10u, 31u}) {
    INFO(room);
    fs::remove(dir / "j");
    Journal journal = Journal::create(dir / "j", kKey);
    journal.append(record(1));
    {
      const test::FileLimit limit(kHeader + kRecord + room);
      CHECK_THROWS_AS(journal.append(record(2)), std::system_error);
    }
    const std::string torn = dir.read("j");
    dir.write("copy", torn);
    CHECK(reopened(dir / "copy") == "1:81");
    journal.append(record(3));
    dir.write("copy", dir.read("j"));
    CHECK(reopened(dir / "copy") == "1:81 3:83");
  }
}

TEST_CASE("revoked pieces have no digest any more, in all of their records, and may be recorded again", "[journal]") {
  const TempDir dir;
  {
    Journal journal = Journal::create(dir / "j", kKey);
    for (const std::uint32_t piece : {1u, 2u, 1u, 100u}) journal.append(record(piece));
    const test::FileLimit full(kHeader + 4 * kRecord);
    journal.revoke(test::pieces("010"));
  }
  CHECK(reopened(dir / "j") == "1:00 2:82 1:00 100:e4");
  CHECK(Journal::open(dir / "j", kKey)->records()[0].digest == Xxh3Digest{});
  {
    auto journal = Journal::open(dir / "j", kKey);
    journal->append(record(1));
  }
  CHECK(reopened(dir / "j") == "1:00 2:82 1:00 100:e4 1:81");
}

TEST_CASE("one holds a journal at a time", "[journal]") {
  const TempDir dir;
  {
    const Journal journal = Journal::create(dir / "j", kKey);
    try {
      Journal::open(dir / "j", kKey);
      FAIL("two hold it");
    } catch (const StoreError& error) {
      CHECK(error.fault() == StoreFault::unusable);
      CHECK(std::string(error.what()).find((dir / "j").string()) != std::string::npos);
    }
    // Whose journal it is can be asked meanwhile.
    CHECK(reopened(dir / "j", kOtherKey) == "none");
    CHECK(Journal::is_at(dir / "j"));
  }
  CHECK(reopened(dir / "j").empty());
}

TEST_CASE("a journal that is removed makes room for a new one", "[journal]") {
  const TempDir dir;
  Journal journal = Journal::create(dir / "j", kKey);
  journal.append(record(1));
  journal.remove();
  CHECK_FALSE(dir.has("j"));
  make(dir / "j", {2});
  CHECK(reopened(dir / "j") == "2:82");
}

TEST_CASE("what somebody has put in the journal's place is not removed", "[journal]") {
  const TempDir dir;
  Journal journal = Journal::create(dir / "j", kKey);
  fs::rename(dir / "j", dir / "moved");
  dir.write("j", "mine");
  journal.remove();
  CHECK(dir.read("j") == "mine");
}

TEST_CASE("a journal is told by its first bytes, whatever content it is of", "[journal]") {
  const TempDir dir;
  make(dir / "j", {}, kOtherKey);
  dir.write("only magic", kMagic);
  dir.write("short", kMagic.substr(1));
  CHECK(Journal::is_at(dir / "j"));
  CHECK(Journal::is_at(dir / "only magic"));
  CHECK_FALSE(Journal::is_at(dir / "short"));
  CHECK_FALSE(Journal::is_at(dir / "nothing"));
}

}  // namespace
}  // namespace p2p
