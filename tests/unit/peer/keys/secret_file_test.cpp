// Files with secrets: nobody else can read them at any time, and nothing that is there is ever changed.
#include "peer/keys/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

#include "peer/keys/secret.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::ending_of;
using test::mode_of;
using test::TempDir;
using test::write_with_mode;

const SecretFileKind kKind{.what = "key file", .if_absent = "make one", .if_there = "move it away"};

std::string failure_of_reading(const fs::path& file) {
  return ending_of([&] { read_secret_file(file, kKind); });
}
std::string failure_of_writing(const fs::path& file) {
  return ending_of([&] { write_new_secret_file(file, "secret\n", kKind); });
}

/// Another umask for a while.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  ~Umask() { ::umask(old_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t old_;
};

TEST_CASE("a secret is for us alone when nobody else has a right, or root has handed it to our group", "[keys]") {
  constexpr uid_t kRoot = 0, kWe = 1000, kThey = 1001;
  for (const mode_t mode : {0400u, 0600u, 0700u})
    for (const uid_t owner : {kRoot, kWe, kThey}) CHECK(is_for_us_alone(mode, owner, kWe));
  CHECK(is_for_us_alone(0440, kRoot, kWe));
  CHECK(is_for_us_alone(0640, kRoot, kWe));
  for (const uid_t owner : {kWe, kThey}) CHECK_FALSE(is_for_us_alone(0440, owner, kWe));
  CHECK_FALSE(is_for_us_alone(0440, kRoot, kRoot));
  for (const mode_t mode : {0444u, 0404u, 0460u, 0450u, 0602u}) {
    CAPTURE(mode);
    CHECK_FALSE(is_for_us_alone(mode, kRoot, kWe));
  }
}

TEST_CASE("what is written is read again, and is its owner's alone whatever the umask is", "[keys]") {
  for (const mode_t mask : {0u, 022u, 0277u, 0777u}) {
    const TempDir dir;
    const fs::path file = dir / "a.key";
    {
      const Umask umask(mask);
      write_new_secret_file(file, "secret\n", kKind);
    }
    CHECK(mode_of(file) == 0600);
    CHECK(read_secret_file(file, kKind).view() == "secret\n");
  }
}

TEST_CASE("an empty file is an empty text", "[keys]") {
  const TempDir dir;
  CHECK(read_secret_file(write_with_mode(dir, "a", ""), kKind).view().empty());
}

TEST_CASE("a file may be read through a link, and by its owner only for reading", "[keys]") {
  const TempDir dir;
  write_with_mode(dir, "a", "secret", 0400);
  fs::create_symlink("a", dir / "link");
  CHECK(read_secret_file(dir / "link", kKind).view() == "secret");
}

TEST_CASE("a file that others can read or change is refused, with the remedy", "[keys]") {
  const TempDir dir;
  for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0610u, 0601u, 0644u, 0666u, 0777u}) {
    const fs::path file = write_with_mode(dir, "a.key", "secret", mode);
    const std::string said = failure_of_reading(file);
    INFO(said);
    CHECK(said.starts_with("66: " + file.string() + ": "));
    CHECK(said.ends_with("expected mode 600: chmod 600 " + file.string()));
    CHECK(said.find("secret") == std::string::npos);
  }
}

TEST_CASE("a secret that is given in the place of its file is not repeated", "[keys]") {
  const std::string said =
      "66: expected the name of a key file, got one that no file has; it is not repeated here, because it may be the "
      "secret itself; make one";
  for (const char* const word : {"0123456789abcdef", "AbCd+/fGhI/jKlMnOp==", "/bCdEfGhIjKlMnOp",
                                 "peerProcess-network lab 0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"})
    CHECK(failure_of_reading(word) == said);
  CHECK(failure_of_reading(std::string(10'000, 'k')) == said);
  for (const char* const name :
       {"0123456789abcde", "0123456789abcdef.key", "./0123456789abcdef", "/no/0123456789abcdef"})
    CHECK(failure_of_reading(name) == "66: " + std::string(name) + ": there is no such key file; make one");
}

TEST_CASE("what is no small regular file is refused, and never waited for", "[keys]") {
  const TempDir dir;
  CHECK(failure_of_reading(dir / "none") == "66: " + (dir / "none").string() + ": there is no such key file; make one");
  CHECK(failure_of_reading(dir / "none/none").ends_with(": there is no such key file; make one"));
  write_with_mode(dir, "file", "");
  CHECK(failure_of_reading(dir / "file/none").ends_with(": there is no such key file; make one"));
  fs::create_directory(dir / "folder");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  fs::create_symlink("/dev/zero", dir / "zero");
  for (const char* const name : {"folder", "fifo", "zero"})
    CHECK(failure_of_reading(dir / name) ==
          "66: " + (dir / name).string() + ": is no regular file, expected a key file");
  const fs::path large = write_with_mode(dir, "large", std::string((64 << 10) + 1, 's'));
  CHECK(failure_of_reading(large) ==
        "66: " + large.string() + ": has 65537 bytes, which is too much for a key file, expected at most 65536");
  CHECK(read_secret_file(write_with_mode(dir, "largest", std::string(64 << 10, 's')), kKind).view().size() == 65536);
}

TEST_CASE("nothing that is there is overwritten, and no link is followed", "[keys]") {
  const TempDir dir;
  const fs::path file = write_with_mode(dir, "a.key", "old");
  CHECK(failure_of_writing(file) == "17: " + file.string() + ": is there already and stays as it is; move it away");
  CHECK(dir.read("a.key") == "old");
  write_with_mode(dir, "victim", "mine", 0644);
  fs::create_symlink("victim", dir / "link");
  fs::create_symlink("nothing", dir / "dangling");
  fs::create_directory(dir / "folder");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  for (const char* const name : {"link", "dangling", "folder", "fifo"})
    CHECK(failure_of_writing(dir / name).ends_with(": is there already and stays as it is; move it away"));
  CHECK(dir.read("victim") == "mine");
  CHECK(mode_of(dir / "victim") == 0644);
  CHECK_FALSE(dir.has("nothing"));
}

TEST_CASE("a file that cannot be written leaves nothing behind", "[keys]") {
  const TempDir dir;
  {
    const test::FileLimit full(3);
    CHECK(failure_of_writing(dir / "a.key").starts_with("9: " + (dir / "a.key").string() + ": cannot be written: "));
  }
  CHECK(fs::is_empty(dir.path()));
  CHECK(failure_of_writing(dir / "none/a.key")
            .starts_with("17: " + (dir / "none/a.key").string() + ": cannot be made: "));
  CHECK(failure_of_writing("/proc/a.key").starts_with("17: /proc/a.key: cannot be made: "));
}

TEST_CASE("secrets are zeroed when they go", "[keys]") {
  alignas(Secret<32>) std::array<std::byte, sizeof(Secret<32>)> place;
  auto* const secret = new (place.data()) Secret<32>;
  std::ranges::fill(secret->bytes(), std::byte{0x5e});
  Secret<32> copy = *secret;
  CHECK(copy == *secret);
  copy.bytes()[31] = std::byte{0};
  CHECK_FALSE(copy == *secret);
  secret->~Secret();
  CHECK(std::ranges::count(place, std::byte{0x5e}) == 0);

  SecretText text(8);
  std::ranges::fill(text.characters(), 's');
  text.cut(3);
  CHECK(text.view() == "sss");
}

TEST_CASE("of a descriptor one line is taken, and what follows it is left for others", "[keys]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], "a secret\nbeat\nlast", 18) == 18);
  ::close(ends[1]);
  CHECK(read_secret_line(ends[0], "stdin").view() == "a secret");
  CHECK(read_secret_line(ends[0], "stdin").view() == "beat");
  CHECK(read_secret_line(ends[0], "stdin").view() == "last");
  CHECK(read_secret_line(ends[0], "stdin").view().empty());
  ::close(ends[0]);
  CHECK(ending_of([&] { read_secret_line(ends[0], "stdin"); }).find("stdin: cannot be read") != std::string::npos);
}

}  // namespace
}  // namespace p2p
