// Files of ours and of the user: what is opened, where bytes land, and what errors say.
#include "peer/storage/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string read(const File& file, std::uint64_t offset, std::size_t size) {
  std::string text(size, '?');
  text.resize(file.read_at(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

/// The error and its text; 0 when nothing was wrong.
template <class Action>
std::pair<int, std::string> failure(Action&& action) {
  try {
    action();
  } catch (const std::system_error& error) {
    return {error.code().value(), error.what()};
  }
  return {0, ""};
}

/// While it lives, this is the umask.
struct Umask {
  explicit Umask(mode_t mask) : old(::umask(mask)) {}
  ~Umask() { ::umask(old); }
  mode_t old;
};

mode_t mode_at(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_CASE("what cannot be opened is told with its path and the reason", "[file]") {
  const TempDir dir;
  dir.write("file", "text");
  fs::create_directory(dir / "folder");
  fs::create_symlink("file", dir / "link");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  using Mode = File::Mode;
  for (const Mode mode : {Mode::read, Mode::read_own, Mode::read_write}) {
    const auto opened = [&](const char* name) { return failure([&] { File(dir / name, mode); }); };
    CHECK(opened("file").first == 0);
    CHECK(opened("nothing") ==
          std::pair<int, std::string>{ENOENT, "open " + (dir / "nothing").string() + ": No such file or directory"});
    CHECK(opened("folder") ==
          std::pair<int, std::string>{EISDIR, "open " + (dir / "folder").string() + ": Is a directory"});
    CHECK(opened("file/below").first == ENOTDIR);
    CHECK(opened("link").first == (mode == Mode::read ? 0 : ELOOP));
    // Nobody writes to it, and it is not waited for.
    CHECK(opened("pipe") == std::pair<int, std::string>{EINVAL, "open " + (dir / "pipe").string() +
                                                                    ", which is no regular file: Invalid argument"});
  }
}

TEST_CASE("fewer bytes than asked for are read only at the end", "[file]") {
  const TempDir dir;
  dir.write("file", "0123456789");
  const File file(dir / "file", File::Mode::read);
  CHECK(file.size() == 10);
  CHECK(read(file, 0, 10) == "0123456789");
  CHECK(read(file, 8, 10) == "89");
  CHECK(read(file, 10, 5).empty());
  CHECK(read(file, 1'000'000, 5).empty());
  CHECK(read(file, 3, 0).empty());
}

TEST_CASE("bytes land at their offset, and what lies between is zeros", "[file]") {
  const TempDir dir;
  constexpr std::uint64_t kFar = (std::uint64_t{5} << 30) + 7;  // beyond what 32 bits can say
  File file = File::create(dir / "file");
  file.write_at(3, bytes_of("abc"));
  CHECK(dir.read("file") == std::string("\0\0\0abc", 6));
  file.write_at(1, bytes_of("XY"));
  file.write_at(2, {});
  CHECK(dir.read("file") == std::string("\0XYabc", 6));
  file.write_at(kFar, bytes_of("far"));
  CHECK(file.size() == kFar + 3);
  CHECK(read(file, kFar - 2, 10) == std::string("\0\0far", 5));
  struct stat status {};
  REQUIRE(::fstat(file.descriptor(), &status) == 0);
  CHECK(status.st_blocks < (1 << 20) / 512);
  file.truncate(4);
  CHECK(dir.read("file") == std::string("\0XYa", 4));
}

std::uint64_t room_of(const File& file) {
  struct stat status {};
  REQUIRE(::fstat(file.descriptor(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST_CASE("long runs of zeros become holes, whatever was there before", "[file]") {
  const TempDir dir;
  constexpr std::size_t kSize = 1 << 20;
  File file = File::create(dir / "file");
  file.preallocate(kSize);
  file.write_at(0, bytes_of(std::string(kSize, 'x')));
  CHECK(room_of(file) >= kSize);
  std::string text(kSize, '\0');
  // Off all blocks; a run that is too short, one of just enough, one that begins and ends inside of blocks.
  text.replace(0, 1000, std::string(1000, 'a'));
  text.replace(300'000, 30'000, std::string(30'000, 'b'));
  text.replace(335'000, 1, "c");
  text.replace(kSize - 5, 1, "d");
  constexpr std::size_t kCut = 12'345;
  file.write_sparsely_at(kCut, bytes_of(text.substr(kCut)));
  file.write_sparsely_at(0, bytes_of(text.substr(0, kCut)));
  CHECK(dir.read("file") == text);
  CHECK(file.size() == kSize);
  // Not every file system has holes; those that tests run on do.
  CHECK(room_of(file) < 150'000);
  const std::string full = std::string(kSize, 'y');
  file.write_sparsely_at(0, bytes_of(full));
  CHECK(dir.read("file") == full);
}

TEST_CASE("zeros at every place between bytes are kept", "[file]") {
  const TempDir dir;
  File file = File::create(dir / "file");
  constexpr std::size_t kBlock = File::kHoleAlignment;
  for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock})
    for (const std::size_t before : {std::size_t{0}, std::size_t{1}, kBlock})
      for (const std::size_t zeros : {std::size_t{0}, std::size_t{1}, kBlock, File::kSmallestHole - 1,
                                      File::kSmallestHole, File::kSmallestHole + 2 * kBlock})
        for (const std::size_t after : {std::size_t{0}, std::size_t{1}, kBlock + 1}) {
          const std::string text = std::string(before, 'a') + std::string(zeros, '\0') + std::string(after, 'b');
          file.truncate(0);
          file.write_at(0, bytes_of(std::string(offset + text.size() + 7, 'x')));
          file.write_sparsely_at(offset, bytes_of(text));
          CHECK(dir.read("file") == std::string(offset, 'x') + text + std::string(7, 'x'));
        }
}

TEST_CASE("errors of reading and writing name the file", "[file]") {
  const TempDir dir;
  dir.write("file", "text");
  File read_only(dir / "file", File::Mode::read);
  const std::string where = (dir / "file").string();
  CHECK(failure([&] { read_only.write_at(0, bytes_of("x")); }) ==
        std::pair<int, std::string>{EBADF, "write " + where + ": Bad file descriptor"});
  CHECK(failure([&] { read_only.truncate(1); }).second.starts_with("resize " + where + ": "));
  CHECK(failure([&] { read_only.preallocate(100); }).second.starts_with("reserve space for " + where + ": "));
  CHECK(dir.read("file") == "text");
  const int descriptor = ::open((dir / "file").c_str(), O_WRONLY);
  ::dup3(descriptor, read_only.descriptor(), O_CLOEXEC);
  ::close(descriptor);
  CHECK(failure([&] { read(read_only, 0, 4); }).second == "read " + where + ": Bad file descriptor");
}

TEST_CASE("a file is given its size, larger and smaller, and keeps what it has", "[file]") {
  const TempDir dir;
  File file = File::create(dir / "file");
  for (const std::size_t size :
       {std::size_t{100'000}, std::size_t{100'000}, std::size_t{6}, std::size_t{0}, std::size_t{50}}) {
    file.preallocate(size);
    CHECK(file.size() == size);
    if (size == 100'000) file.write_at(0, bytes_of("abcdefgh"));
    if (size == 6) CHECK(dir.read("file") == "abcdef");
  }
  CHECK(dir.read("file") == std::string(50, '\0'));
}

TEST_CASE("a file for which there is no room stays as it was", "[file]") {
  const TempDir dir;
  File file = File::create(dir / "file");
  file.write_at(0, bytes_of("before"));
  std::error_code error;
  {
    const test::FileLimit limit(1000);
    try {
      file.preallocate(1001);
    } catch (const std::system_error& thrown) {
      error = thrown.code();
    }
    CHECK_THROWS_AS(file.write_at(999, bytes_of("xy")), std::system_error);
  }
  CHECK(is_disk_full(error));
  file.truncate(6);
  CHECK(dir.read("file") == "before");
}

TEST_CASE("a full disk and a lack of descriptors are told from other errors", "[file]") {
  const auto of = [](int error) { return std::error_code(error, std::generic_category()); };
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) CHECK((is_disk_full(of(error)) && !is_exhausted(of(error))));
  for (const int error : {EMFILE, ENFILE, ENOMEM}) CHECK((is_exhausted(of(error)) && !is_disk_full(of(error))));
  for (const int error : {EIO, EACCES, ENOENT, EROFS, 0}) CHECK((!is_exhausted(of(error)) && !is_disk_full(of(error))));
  // As streams and std::filesystem tell them.
  CHECK(is_disk_full(std::error_code(ENOSPC, std::system_category())));
  CHECK(is_disk_full(std::error_code(EDQUOT, std::system_category())));
  CHECK(is_exhausted(std::error_code(EMFILE, std::system_category())));
}

TEST_CASE("a new file takes no name that anything has", "[file]") {
  const TempDir dir;
  dir.write("file", "mine");
  fs::create_directory(dir / "folder");
  fs::create_symlink("nowhere", dir / "link");
  for (const char* const name : {"file", "folder", "link"}) {
    INFO(name);
    CHECK(failure([&] { File::create(dir / name); }) ==
          std::pair<int, std::string>{EEXIST, "create " + (dir / name).string() + ": File exists"});
    CHECK(failure([&] { File::create_at_once(dir / name, bytes_of("new")); }).first == EEXIST);
    CHECK(failure([&] { File::create_with(dir / name, bytes_of("new")); }).first == EEXIST);
  }
  CHECK(dir.read("file") == "mine");
  CHECK_FALSE(dir.has("nowhere"));
  CHECK(failure([&] { File::create_with(dir / "no/folder", bytes_of("new")); }).first == ENOENT);
}

TEST_CASE("a file that is made at once has all of its bytes and nothing else", "[file]") {
  const TempDir dir;
  const std::string text(200'000, 'x');
  {
    const File file = File::create_with(dir / "file", bytes_of(text));
    CHECK(file.path() == dir / "file");
    CHECK(read(file, 199'999, 5) == "x");
  }
  CHECK(dir.read("file") == text);
  {
    const test::FileLimit limit(100'000);
    CHECK_THROWS_AS(File::create_with(dir / "too large", bytes_of(text)), std::system_error);
  }
  // Nothing is left of the one that found no room, under no name.
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("a new file is as the umask leaves it, but never closed to its owner", "[file]") {
  const TempDir dir;
  {
    const Umask usual(022);
    File::create(dir / "plain");
    File::create(dir / "program", true);
    File::create_with(dir / "at once", {});
  }
  {
    const Umask strict(0777);
    File::create(dir / "closed");
    File::create_with(dir / "closed at once", {});
    make_folders(dir / "a/b");
  }
  CHECK(mode_at(dir / "plain") == 0644);
  CHECK(mode_at(dir / "program") == 0755);
  CHECK(mode_at(dir / "at once") == 0644);
  CHECK(mode_at(dir / "closed") == 0600);
  CHECK(mode_at(dir / "closed at once") == 0600);
  CHECK(mode_at(dir / "a") == 0700);
  CHECK(mode_at(dir / "a/b") == 0700);
}

TEST_CASE("executable is for those who may read", "[file]") {
  CHECK(executable_mode(0644, true) == 0755);
  CHECK(executable_mode(0640, true) == 0750);
  CHECK(executable_mode(0600, true) == 0700);
  CHECK(executable_mode(0755, false) == 0644);
  CHECK(executable_mode(0444, false) == 0644);
  CHECK(executable_mode(0, true) == 0700);
  // Who had decided that its group may not run it keeps that.
  CHECK(executable_mode(0744, true) == 0744);
  CHECK(executable_mode(06755, true) == 0755);
}

TEST_CASE("a file's stamp changes when somebody writes to it", "[file]") {
  const TempDir dir;
  dir.write("file", "text");
  const File file(dir / "file", File::Mode::read);
  const File::Stamp stamp = file.stamp();
  CHECK(stamp == File(dir / "file", File::Mode::read).stamp());
  CHECK(stamp.size == 4);
  fs::last_write_time(dir / "file", fs::last_write_time(dir / "file") + std::chrono::nanoseconds(1));
  CHECK(file.stamp().changed_ns == stamp.changed_ns + 1);
  dir.write("file", "texts");
  CHECK(file.stamp().size == 5);
}

TEST_CASE("a file that is moved is closed once", "[file]") {
  const TempDir dir;
  int descriptor = -1;
  {
    File file = File::create(dir / "file");
    descriptor = file.descriptor();
    {
      File other = std::move(file);
      CHECK(other.descriptor() == descriptor);
      CHECK(file.descriptor() == -1);
    }
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
    descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);  // in the place of the closed one
  }
  CHECK(::fcntl(descriptor, F_GETFD) != -1);
  ::close(descriptor);
}

TEST_CASE("folders that are missing are made, others stay", "[file]") {
  const TempDir dir;
  make_folders(dir / "a/b/c/");
  CHECK(fs::is_directory(dir / "a/b/c"));
  make_folders(dir / "a/b");
  make_folders("");
  fs::create_symlink("a", dir / "link");
  make_folders(dir / "link/new");
  CHECK(fs::is_directory(dir / "a/new"));
  dir.write("file", "mine");
  const auto [error, text] = failure([&] { make_folders(dir / "file/x/y"); });
  CHECK(error != 0);
  CHECK(text.find("make the folder " + (dir / "file").string()) != std::string::npos);
  CHECK(dir.read("file") == "mine");
}

TEST_CASE("a name that something has is never taken by renaming", "[file]") {
  const TempDir dir;
  dir.write("from", "new");
  dir.write("to", "mine");
  CHECK(failure([&] { rename_to_new(dir / "from", dir / "to"); }) ==
        std::pair<int, std::string>{EEXIST, "create " + (dir / "to").string() + ": File exists"});
  CHECK(dir.read("to") == "mine");
  CHECK(dir.read("from") == "new");
  rename_to_new(dir / "from", dir / "free");
  CHECK(dir.read("free") == "new");
  CHECK_FALSE(dir.has("from"));
  CHECK(failure([&] { rename_to_new(dir / "from", dir / "other"); }).first == ENOENT);
}

TEST_CASE("a name is taken by whatever stands there", "[file]") {
  const TempDir dir;
  dir.write("file", "");
  fs::create_symlink("nowhere", dir / "link");
  CHECK(something_is_at(dir / "file"));
  CHECK(something_is_at(dir / "link"));
  CHECK(something_is_at(dir.path()));
  CHECK_FALSE(something_is_at(dir / "nothing"));
  CHECK_FALSE(something_is_at(dir / "file/below"));
  // Nobody can tell.
  CHECK(something_is_at(dir / std::string(300, 'n')));
}

TEST_CASE("a folder that is not there cannot be waited for", "[file]") {
  const TempDir dir;
  sync_folder(dir.path());
  dir.write("file", "");
  CHECK(failure([&] { sync_folder(dir / "file"); }) ==
        std::pair<int, std::string>{ENOTDIR, "sync " + (dir / "file").string() + ": Not a directory"});
}

}  // namespace
}  // namespace p2p
