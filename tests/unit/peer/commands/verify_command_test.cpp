// What verify says of content on disk.
#include "peer/commands/verify_command.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

struct Setup {
  /// Pieces of four bytes: 0 to 2 of a, 3 of sub/b, none of sub/empty.
  Setup() : folder(test::known_folder({{"a", "aaaaAAAAaa"}, {"sub/b", "bbb"}, {"sub/empty", ""}}, {"hollow"})) {
    dir.write("m", folder->text);
    dir.write("tree/a", "aaaaAAAAaa");
    dir.write("tree/sub/b", "bbb");
    dir.write("tree/sub/empty", "");
    fs::create_directory(dir / "tree/hollow");
  }

  std::string verify(const std::string& content = "tree", bool json = false) const {
    std::ostringstream out;
    const ExitCode code = verify_content(
        {.manifest = dir / "m", .content = dir / content, .progress = ProgressMode::none, .json = json}, out);
    return std::to_string(static_cast<int>(code)) + ": " + out.str();
  }

  TempDir dir;
  ManifestPtr folder;
};

constexpr const char* kVerified = "0: verified: 3 files, 4 pieces, 13 bytes\n";

TEST_CASE("what is as its manifest says is verified, whatever its permissions and times are", "[verify]") {
  const Setup setup;
  fs::permissions(setup.dir / "tree/a", fs::perms(0600));
  fs::last_write_time(setup.dir / "tree/a", fs::file_time_type{});
  CHECK(setup.verify() == kVerified);
  CHECK(setup.verify("tree/") == kVerified);
}

TEST_CASE("each file that is not right is told with its fault and its bad pieces", "[verify]") {
  const Setup setup;
  const std::string mismatch = "mismatch: 1 of 3 files, ";
  SECTION("missing") {
    fs::remove(setup.dir / "tree/sub/b");
    CHECK(setup.verify() == "32: missing: sub/b\n" + mismatch + "0 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("an empty one that is missing") {
    fs::remove(setup.dir / "tree/sub/empty");
    CHECK(setup.verify() == "32: missing: sub/empty\n" + mismatch + "0 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("a folder in its place") {
    fs::remove(setup.dir / "tree/a");
    fs::create_directory(setup.dir / "tree/a");
    CHECK(setup.verify() == "32: not a file: a\n" + mismatch + "0 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("short within a piece") {
    setup.dir.write("tree/a", "aaaaAAAAa");
    CHECK(setup.verify() == "32: short: a, 9 of 10 bytes, bad piece 2\n" + mismatch + "1 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("short by pieces") {
    setup.dir.write("tree/a", "a");
    CHECK(setup.verify() ==
          "32: short: a, 1 of 10 bytes, bad pieces 0 to 2\n" + mismatch + "3 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("long, and all pieces right") {
    setup.dir.write("tree/a", "aaaaAAAAaa+");
    CHECK(setup.verify() == "32: long: a, 11 of 10 bytes\n" + mismatch + "0 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("long where nothing should be") {
    setup.dir.write("tree/sub/empty", "x");
    CHECK(setup.verify() == "32: long: sub/empty, 1 of 0 bytes\n" + mismatch + "0 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("other bytes at both ends") {
    setup.dir.write("tree/a", "xaaaAAAAax");
    CHECK(setup.verify() == "32: corrupt: a, bad pieces 0, 2\n" + mismatch + "2 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("another file") {
    setup.dir.write("tree/sub/b", "BBB");
    CHECK(setup.verify() == "32: corrupt: sub/b, bad piece 3\n" + mismatch + "1 bad of 4 pieces, 13 bytes\n");
  }
  SECTION("a file where its folder should be") {
    fs::remove_all(setup.dir / "tree/sub");
    setup.dir.write("tree/sub", "");
    CHECK(setup.verify() ==
          "32: missing: sub/b\nmissing: sub/empty\nextra, not in the manifest: sub\nmismatch: 2 of 3 files, 0 bad of 4 "
          "pieces, 13 bytes\n");
  }
}

TEST_CASE("an empty folder that is missing is a mismatch, what is there beyond the manifest is none", "[verify]") {
  const Setup setup;
  setup.dir.write("tree/sub/more", "x");
  setup.dir.write("tree/z \x1b[2J", "x");
  // Ours, and never content.
  setup.dir.write("tree/.peerProcess/index", "x");
  CHECK(setup.verify() ==
        "0: extra, not in the manifest: sub/more\nextra, not in the manifest: z \\x1b[2J\nverified: 3 files, 4 pieces, "
        "13 bytes\n");
  fs::remove(setup.dir / "tree/hollow");
  CHECK(setup.verify().starts_with("32: missing folder: hollow\n"));
}

TEST_CASE("a link stands for what it leads to", "[verify]") {
  const Setup setup;
  fs::rename(setup.dir / "tree/sub", setup.dir / "elsewhere");
  fs::create_symlink("../elsewhere", setup.dir / "tree/sub");
  fs::rename(setup.dir / "tree/a", setup.dir / "a");
  fs::create_symlink("../a", setup.dir / "tree/a");
  fs::create_symlink("tree", setup.dir / "link");
  CHECK(setup.verify() == kVerified);
  CHECK(setup.verify("link") == kVerified);
  fs::remove(setup.dir / "a");
  CHECK(setup.verify().starts_with("32: missing: a\n"));
}

TEST_CASE("a file is verified by its own name, or by the folder that it is in", "[verify]") {
  const Setup setup;
  setup.dir.write("m", test::known_file("one", "11112")->text);
  setup.dir.write("in/one", "11112");
  setup.dir.write("renamed", "11112");
  CHECK(setup.verify("in") == "0: verified: 1 file, 2 pieces, 5 bytes\n");
  CHECK(setup.verify("in/one") == "0: verified: 1 file, 2 pieces, 5 bytes\n");
  CHECK(setup.verify("renamed") == "0: verified: 1 file, 2 pieces, 5 bytes\n");
  setup.dir.write("renamed", "11122");
  CHECK(setup.verify("renamed") ==
        "32: corrupt: one, bad piece 0\nmismatch: 1 of 1 file, 1 bad of 2 pieces, 5 bytes\n");
}

TEST_CASE("what cannot be compared at all is an error, not a mismatch", "[verify]") {
  const Setup setup;
  const auto code = [&](const std::string& content) {
    try {
      setup.verify(content);
    } catch (const ExitError& error) {
      CHECK(std::string(error.what()).ends_with(": expected the content's folder"));
      return static_cast<int>(error.code());
    }
    return -1;
  };
  CHECK(code("nothing") == 17);
  CHECK(code("tree/a") == 17);
  setup.dir.write("m", "no manifest");
  CHECK_THROWS_AS(setup.verify(), config::ConfigError);
  fs::remove(setup.dir / "m");
  CHECK_THROWS_AS(setup.verify(), std::system_error);
}

TEST_CASE("programs read what is verified in an object", "[verify]") {
  const Setup setup;
  const auto report = [&] {
    const std::string text = setup.verify("tree", true);
    return nlohmann::json::parse(text.substr(text.find(": ") + 2));
  };
  const nlohmann::json good = report();
  CHECK(good["verified"] == true);
  CHECK(good["content_id"] == config::to_hex(setup.folder->id));
  CHECK(good["files"] == 3);
  CHECK(good["pieces"] == 4);
  CHECK(good["size"] == 13);
  for (const char* const list : {"bad_files", "missing_folders", "extra"}) CHECK(good[list] == nlohmann::json::array());
  setup.dir.write("tree/a", "aaaaxAAAa");
  fs::remove(setup.dir / "tree/sub/b");
  fs::remove(setup.dir / "tree/hollow");
  setup.dir.write("tree/not \xff utf-8", "");
  const nlohmann::json bad = report();
  CHECK(bad["verified"] == false);
  REQUIRE(bad["bad_files"].size() == 2);
  CHECK(
      bad["bad_files"][0] ==
      nlohmann::json({{"path", "a"}, {"fault", "short"}, {"expected_size", 10}, {"size", 9}, {"bad_pieces", {1, 2}}}));
  CHECK(bad["bad_files"][1] ==
        nlohmann::json(
            {{"path", "sub/b"}, {"fault", "missing"}, {"expected_size", 3}, {"bad_pieces", nlohmann::json::array()}}));
  CHECK(bad["missing_folders"] == nlohmann::json({"hollow"}));
  CHECK(bad["extra"].size() == 1);
}

}  // namespace
}  // namespace p2p
