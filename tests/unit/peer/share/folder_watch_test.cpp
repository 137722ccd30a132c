// Somebody changes something in a watched folder, and is noticed.
#include "peer/share/folder_watch.hpp"

#include <sys/statfs.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::run_until;
using test::TempDir;

/// Whether changes here can be noticed at all.
bool is_told_of(const TempDir& dir) {
  struct statfs file_system {};
  return ::statfs(dir.path().c_str(), &file_system) == 0 &&
         tells_all_changes(static_cast<std::uint32_t>(file_system.f_type));
}

TEST_CASE("each kind of change in a watched folder is noticed", "[folder_watch]") {
  const TempDir dir;
  if (!is_told_of(dir)) return;
  dir.write("file", "text");
  fs::create_directory(dir / "folder");
  asio::io_context io;
  int changes = 0;
  FolderWatch watch(io, [&] { ++changes; });
  watch.add(dir.path());
  watch.add(dir.path());
  CHECK(watch.sees_everything());
  const std::pair<const char*, std::function<void()>> all[] = {
      {"a new file", [&] { dir.write("new", ""); }},
      {"other bytes", [&] { dir.write("file", "other"); }},
      {"another name", [&] { fs::rename(dir / "new", dir / "renamed"); }},
      {"other permissions", [&] { fs::permissions(dir / "file", fs::perms(0600)); }},
      {"a file less", [&] { fs::remove(dir / "renamed"); }},
      {"a folder more", [&] { fs::create_directory(dir / "more"); }},
      {"a link", [&] { fs::create_symlink("file", dir / "link"); }},
      {"a file that is moved in", [&] { fs::rename(dir / "folder", dir / "moved"); }},
  };
  for (const auto& [what, change] : all) {
    INFO(what);
    io.restart();
    io.poll();
    const int before = changes;
    change();
    run_until(io, [&] { return changes > before; });
  }
}

TEST_CASE("many changes at once are one, and what is below a folder is no change of it", "[folder_watch]") {
  const TempDir dir;
  if (!is_told_of(dir)) return;
  fs::create_directories(dir / "sub");
  asio::io_context io;
  int changes = 0;
  FolderWatch watch(io, [&] { ++changes; });
  watch.add(dir.path());
  for (int i = 0; i < 100; ++i) dir.write(std::to_string(i), "");
  run_until(io, [&] { return changes > 0; });
  io.restart();
  io.poll();
  CHECK(changes == 1);
  dir.write("sub/file", "");
  dir.write("file", "");  // this one is noticed
  run_until(io, [&] { return changes == 2; });
  watch.add(dir / "sub");
  dir.write("sub/other", "");
  run_until(io, [&] { return changes == 3; });
}

TEST_CASE("a folder that is gone is no reason to look from time to time", "[folder_watch]") {
  const TempDir dir;
  if (!is_told_of(dir)) return;
  asio::io_context io;
  FolderWatch watch(io, [] {});
  watch.add(dir / "nothing");
  dir.write("file", "");
  watch.add(dir / "file");
  CHECK(watch.sees_everything());
}

TEST_CASE("a watch that is gone tells nothing any more", "[folder_watch]") {
  const TempDir dir;
  asio::io_context io;
  auto watch = std::make_unique<FolderWatch>(io, [] { FAIL("told"); });
  watch->add(dir.path());
  dir.write("file", "");
  watch.reset();
  io.run();  // comes back, because nothing waits any more
}

}  // namespace
}  // namespace p2p
