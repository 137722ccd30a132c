// What stands where get is to make a file.
#include "peer/content/target.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "peer/ground/exit_code.hpp"
#include "peer/storage/journal.hpp"
#include "peer/storage/scratch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr const char* kText = "hello world";

bool there(const fs::path& path, bool update = false, std::uint32_t mode = 0644) {
  return is_there(path, test::known_file("file", kText, mode), update, ProgressMode::none);
}

/// "code: message"
std::string refusal(const fs::path& path, bool update = false) {
  try {
    return there(path, update) ? "there" : "not there";
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_CASE("a file is there when it has all bytes of its manifest", "[target]") {
  const TempDir dir;
  CHECK_FALSE(there(dir / "file"));
  CHECK_FALSE(there(dir / "no/file", true));
  dir.write("file", kText);
  CHECK(there(dir / "file"));
  CHECK(there(dir / "file", true));
  fs::create_symlink("file", dir / "link");
  CHECK(there(dir / "link"));
}

TEST_CASE("something else is left alone, and is to be replaced only when the user says so", "[target]") {
  const TempDir dir;
  for (const char* const text : {"", "hello worl", "hello worle", "hello world!"}) {
    dir.write("file", text);
    CHECK(refusal(dir / "file") ==
          "32: " + (dir / "file").string() +
              " is there and is something else; move it away, or say --update to replace it by this content");
    CHECK(refusal(dir / "file", true) == "not there");
    CHECK(dir.read("file") == text);
  }
}

TEST_CASE("what is no file is never replaced", "[target]") {
  const TempDir dir;
  fs::create_directory(dir / "folder");
  fs::create_symlink("nowhere", dir / "link");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  for (const char* const name : {"folder", "link", "pipe"})
    for (const bool update : {false, true})
      CHECK(refusal(dir / name, update) ==
            "32: " + (dir / name).string() + " is there, and no file; move it away, or say another folder with --out");
}

TEST_CASE("a name that cannot be looked at is an input or output error", "[target]") {
  const TempDir dir;
  const fs::path path = dir / std::string(300, 'n');
  CHECK(refusal(path) == "17: cannot look at " + path.string() + ": File name too long");
}

TEST_CASE("with --update a file that is right but for being executable is made so, and nothing else of it changes",
          "[target]") {
  const TempDir dir;
  dir.write("file", kText);
  fs::permissions(dir / "file", fs::perms(0640));
  const auto time = fs::last_write_time(dir / "file");
  CHECK(there(dir / "file", false, 0755));
  CHECK(mode_of(dir / "file") == 0640);
  CHECK(there(dir / "file", true, 0755));
  CHECK(mode_of(dir / "file") == 0750);
  CHECK(there(dir / "file", true, 0644));
  CHECK(mode_of(dir / "file") == 0640);
  CHECK(fs::last_write_time(dir / "file") == time);
  // Where the name is a link, the file is something else's.
  fs::create_symlink("file", dir / "link");
  CHECK(there(dir / "link", true, 0755));
  CHECK(mode_of(dir / "file") == 0640);
}

TEST_CASE("a journal that a killed process left beside a complete file goes, one of another content stays",
          "[target]") {
  const TempDir dir;
  dir.write("file", kText);
  const auto journal_of = [&](const ManifestPtr& known) {
    return claim_scratch(content_of(dir / "file", known), {}).names.journal;
  };
  const fs::path ours = journal_of(test::known_file("file", kText)),
                 others = journal_of(test::known_file("file", "something else"));
  REQUIRE(Journal::is_at(ours));
  REQUIRE(Journal::is_at(others));
  CHECK(there(dir / "file"));
  CHECK_FALSE(fs::exists(ours));
  CHECK(Journal::is_at(others));
}

TEST_CASE("an empty file is made at once, and over something else only when the user says so", "[target]") {
  const TempDir dir;
  const auto plain = test::known_file("file", "");
  const auto tool = test::known_file("file", "", 0755);
  make_empty(dir / "sub/file", *tool, false);
  CHECK(fs::file_size(dir / "sub/file") == 0);
  CHECK((mode_of(dir / "sub/file") & 0100) != 0);
  CHECK(is_there(dir / "sub/file", plain, false, ProgressMode::none));
  CHECK_FALSE(is_there(dir / "none", plain, true, ProgressMode::none));

  dir.write("file", kText);
  fs::create_hard_link(dir / "file", dir / "other name");
  CHECK_THROWS_AS(make_empty(dir / "file", *plain, false), std::system_error);
  CHECK(fs::file_size(dir / "file") == std::string_view(kText).size());
  CHECK_FALSE(is_there(dir / "file", plain, true, ProgressMode::none));
  make_empty(dir / "file", *tool, true);
  CHECK(fs::file_size(dir / "file") == 0);
  CHECK((mode_of(dir / "file") & 0100) != 0);
  // It is another file now: the old one has lost a name and no byte.
  CHECK(fs::file_size(dir / "other name") == std::string_view(kText).size());

  fs::create_symlink("other name", dir / "link");
  CHECK_THROWS_AS(make_empty(dir / "link", *plain, true), std::system_error);
  CHECK(fs::file_size(dir / "other name") == std::string_view(kText).size());
  for (const auto& entry : fs::directory_iterator(dir.path())) CHECK(entry.path().filename().string()[0] != '.');
}

}  // namespace
}  // namespace p2p
