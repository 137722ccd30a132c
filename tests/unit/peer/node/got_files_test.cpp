// What a `get` remembers of what it has put into a folder, and what it removes of it.
#include "peer/node/got_files.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

const ContentId kId{std::byte{7}};

TEST_CASE("what was put into a folder is known to the next run, for as long as nobody touches it", "[get_many]") {
  const TempDir dir;
  dir.write("sub/a", "1");
  dir.write("b", "22");
  {
    GotFiles got(dir.path());
    CHECK(got.files().empty());
    got.put("sub/a", kId);
    got.put("b", kId);
    got.put("nothing", kId);
    got.save();
  }
  GotFiles got(dir.path());
  CHECK(got.files().size() == 2);
  REQUIRE(got.find("sub/a"));
  CHECK(got.find("sub/a")->id == kId);
  CHECK(got.is_as_put("sub/a"));
  CHECK_FALSE(got.is_as_put("nothing"));
  dir.write("b", "333");
  CHECK_FALSE(got.is_as_put("b"));
  fs::remove(dir / "sub/a");
  CHECK_FALSE(got.is_as_put("sub/a"));
}

TEST_CASE("only what is as it was put there is removed, with the folders that are empty then", "[get_many]") {
  const TempDir dir;
  for (const char* const name : {"x/y/ours", "x/mine", "changed"}) dir.write(name, "1");
  GotFiles got(dir.path());
  got.put("x/y/ours", kId);
  got.put("changed", kId);
  dir.write("changed", "something else");
  CHECK(got.remove("x/y/ours"));
  CHECK_FALSE(got.remove("changed"));
  CHECK_FALSE(got.remove("x/mine"));
  CHECK_FALSE(dir.has("x/y"));
  CHECK(dir.read("x/mine") == "1");
  CHECK(dir.read("changed") == "something else");
  CHECK(got.files().empty());
}

TEST_CASE("nothing is removed through a link", "[get_many]") {
  const TempDir dir;
  dir.write("out/sub/f", "1");
  GotFiles got(dir / "out");
  got.put("sub/f", kId);
  fs::rename(dir / "out/sub", dir / "elsewhere");
  fs::create_directory_symlink(dir / "elsewhere", dir / "out/sub");
  CHECK_FALSE(is_below(dir / "out", "sub/f"));
  CHECK(is_below(dir / "out", "other/f"));
  CHECK(is_below(dir / "out", "f"));
  CHECK_FALSE(got.remove("sub/f"));
  CHECK(dir.read("elsewhere/f") == "1");
}

TEST_CASE("a list that is damaged or somebody else's is not believed, and stays", "[get_many]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  const std::string text = got_text({{"a", {kId, 1, 2, 3}}, {"b/c", {kId, 1, 2, 3}}});
  REQUIRE(parse_got(text));
  CHECK(parse_got(text)->size() == 2);
  CHECK(got_text(*parse_got(text)) == text);
  for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK_FALSE(parse_got(text.substr(0, cut)));
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK_FALSE(parse_got(other));
  }
  CHECK_FALSE(parse_got(got_text({{"../x", {kId, 1, 2, 3}}})));
  CHECK_FALSE(parse_got(got_text({{"/x", {kId, 1, 2, 3}}})));
  const TempDir dir;
  dir.write("a", "1");
  dir.write(".peerProcess-got", "mine");
  GotFiles got(dir.path());
  got.put("a", kId);
  got.save();
  CHECK(dir.read(".peerProcess-got") == "mine");
  spdlog::set_level(level);
}

TEST_CASE("what two processes put into a folder is in one list", "[get_many]") {
  const TempDir dir;
  dir.write("a", "1");
  dir.write("b", "1");
  GotFiles one(dir.path()), two(dir.path());
  one.put("a", kId);
  two.put("b", kId);
  one.save();
  two.save();
  CHECK(GotFiles(dir.path()).files().size() == 2);
}

}  // namespace
}  // namespace p2p
