// How many files of a content are open, and which make room.
#include "peer/storage/open_files.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <system_error>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

/// As long as it lives the process may have so many descriptors.
struct Descriptors {
  explicit Descriptors(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit now{most, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~Descriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;
  rlimit before{};
};

TEST_CASE("files are opened once, and those that were opened first make room", "[open_files]") {
  test::TempDir dir;
  for (int i = 0; i < 40; ++i) File::create(dir.path() / std::to_string(i), false);
  const Descriptors few(64);  // a quarter of them is for files
  std::size_t opened = 0;
  OpenFiles files(40, [&](std::size_t file) {
    ++opened;
    return std::make_shared<File>(dir.path() / std::to_string(file), File::Mode::read);
  });
  for (std::size_t i = 0; i < 16; ++i) CHECK(files.open(i) == files.open(i));
  CHECK(opened == 16);
  files.open(16);
  CHECK_FALSE(files.find(0));
  CHECK(files.find(1));
  files.close(1);
  CHECK_FALSE(files.find(1));
  files.open(17);  // there is room: nobody goes
  CHECK(files.find(2));
  files.close_all();
  for (std::size_t i = 0; i < 40; ++i) CHECK_FALSE(files.find(i));
}

TEST_CASE("without descriptors all others are closed first, and what is still wrong comes out", "[open_files]") {
  std::size_t calls = 0;
  const auto exhausted = std::system_error(std::make_error_code(std::errc::too_many_files_open), "open");
  test::TempDir dir;
  File::create(dir.path() / "a", false);
  const auto open = [&] { return std::make_shared<File>(dir.path() / "a", File::Mode::read); };
  OpenFiles files(3, [&](std::size_t file) {
    ++calls;
    if (file == 2 || (file == 1 && calls == 2)) throw exhausted;
    return open();
  });
  files.open(0);
  CHECK(files.open(1));  // at the second try
  CHECK(calls == 3);
  CHECK_FALSE(files.find(0));
  CHECK_THROWS_AS(files.open(2), std::system_error);
  CHECK(calls == 5);
}

}  // namespace
}  // namespace p2p
