// The manifest that a content id names: checked, found in a folder, kept there, and what content follows from it.
#include "peer/content/known_manifest.hpp"

#include <filesystem>
#include <iterator>
#include <optional>
#include <string>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::known_file;
using test::TempDir;

ContentId id_of(const std::string& text) { return sha256(std::as_bytes(std::span(text))); }

TEST_CASE("a text is the manifest when its SHA-256 is the id, to the last byte", "[known_manifest]") {
  const ManifestPtr right = known_file("file", "hello world");
  const ManifestPtr checked = check_manifest(right->text, right->id, "m");
  REQUIRE(checked);
  CHECK(checked->manifest == right->manifest);
  CHECK(checked->text == right->text);
  CHECK_FALSE(check_manifest(right->text + "\n", right->id, "m"));
  CHECK_FALSE(check_manifest("", right->id, "m"));
  CHECK_FALSE(check_manifest(known_file("file", "hello worle")->text, right->id, "m"));
  CHECK(config::to_hex(right->id).starts_with(config::to_hex(prefix_of(right->id))));
}

TEST_CASE("a text that has the id and is no manifest is the user's mistake, and told with its name",
          "[known_manifest]") {
  for (const std::string text : {"", "{}", "my notes"}) {
    try {
      check_manifest(text, id_of(text), "the manifest from peer 7");
      FAIL("it was taken");
    } catch (const config::ConfigError& error) {
      CHECK(error.findings().front().file == "the manifest from peer 7");
    }
  }
}

TEST_CASE("of many manifests in a folder the one with the id is found, whatever its name", "[known_manifest]") {
  const TempDir dir;
  const ManifestPtr wanted = known_file("file", "hello world");
  CHECK_FALSE(find_manifest(dir.path(), wanted->id));
  dir.write("a.manifest", known_file("file", "something else")->text);
  dir.write("b.manifest", "no manifest at all");
  dir.write("c.manifest/in", "");
  dir.write("d.manifest.txt", wanted->text);
  fs::create_symlink("nowhere", dir / "e.manifest");
  CHECK_FALSE(find_manifest(dir.path(), wanted->id));
  dir.write("zz \xc3\xbc.manifest", wanted->text);
  REQUIRE(find_manifest(dir.path(), wanted->id));
  CHECK(find_manifest(dir.path(), wanted->id)->manifest == wanted->manifest);
  CHECK_FALSE(find_manifest(dir / "nowhere", wanted->id));
}

TEST_CASE("a manifest that is kept is found again, and kept over itself", "[known_manifest]") {
  const TempDir dir;
  const ManifestPtr wanted = known_file("file", "hello world");
  for (int i = 0; i < 2; ++i) {
    save_manifest(dir.path(), *wanted);
    REQUIRE(find_manifest(dir.path(), wanted->id));
    CHECK(find_manifest(dir.path(), wanted->id)->text == wanted->text);
  }
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("a manifest for which there is no room is told as a full disk, one that has no folder as an error",
          "[known_manifest]") {
  const TempDir dir;
  const ManifestPtr wanted = known_file("file", "hello world");
  const auto code = [&](const fs::path& folder) -> std::optional<ExitCode> {
    try {
      save_manifest(folder, *wanted);
    } catch (const ExitError& error) {
      CHECK(std::string(error.what()).starts_with("cannot keep the manifest: "));
      return error.code();
    }
    return std::nullopt;
  };
  CHECK(code(dir / "nowhere") == ExitCode::io);
  {
    const test::FileLimit limit(10);
    CHECK(code(dir.path()) == ExitCode::disk_full);
  }
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 0);
}

TEST_CASE("a content has the places of its manifest, and knows its pieces by their digests", "[known_manifest]") {
  const auto matches = [](const Content& content, std::uint32_t piece, std::string_view text) {
    return content.matches(PieceIndex{piece}, std::as_bytes(std::span(text.data(), text.size())));
  };
  for (const auto hash : {config::PieceHash::sha256, config::PieceHash::xxh3}) {
    const ManifestPtr known = known_file("file", "hello world", 0755, hash);
    const Content content = content_of("/somewhere/file", known);
    CHECK(content.root == "/somewhere/file");
    CHECK(content.id == known->id);
    CHECK_FALSE(content.layout.is_folder());
    CHECK(content.layout.files()[0].executable);
    CHECK(content.layout.geometry().piece_count() == 3);
    CHECK_FALSE(content.matching_takes_long);  // of so few bytes, whatever the hash is
    CHECK(matches(content, 0, "hell"));
    CHECK(matches(content, 2, "rld"));
    CHECK_FALSE(matches(content, 1, "hell"));
    CHECK_FALSE(matches(content, 2, "rl"));
    CHECK_FALSE(matches(content, 0, "hel1"));
  }
  const Content folder =
      content_of("/set", test::known_folder({{"a", "12345"}, {"empty", ""}, {"sub/b", "1"}}, {"hollow"}));
  CHECK(folder.layout.is_folder());
  CHECK(folder.layout.files()[2].path == "sub/b");
  CHECK(folder.layout.empty_folders() == std::vector<fs::path>{"hollow"});
  CHECK(folder.layout.place_of(PieceIndex{2}).file == 2);
  CHECK(matches(folder, 2, "1"));
}

}  // namespace
}  // namespace p2p
