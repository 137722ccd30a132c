// Small files as text, and what is none.
#include "peer/storage/read_text.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

template <class Read>
int error_of(Read&& read) {
  try {
    read();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

TEST_CASE("a text is all of its bytes, or the first of them", "[read-text]") {
  const TempDir dir;
  const std::string text = std::string(200'000, 'x') + '\0' + "end\n";
  dir.write("f", text);
  CHECK(read_text(dir.path() / "f") == text);
  CHECK(read_regular_text(dir.path() / "f") == text);
  CHECK(read_text(dir.path() / "f", 70'000) == text.substr(0, 70'000));
  dir.write("empty", "");
  CHECK(read_text(dir.path() / "empty").empty());
  CHECK(read_regular_text(dir.path() / "empty").empty());
}

TEST_CASE("what is not there, or a folder, is an error that has its reason", "[read-text]") {
  const TempDir dir;
  CHECK(error_of([&] { read_text(dir.path() / "f"); }) == ENOENT);
  CHECK(error_of([&] { read_text(dir.path()); }) == EISDIR);
  CHECK(error_of([&] { read_regular_text(dir.path() / "f"); }) == ENOENT);
  CHECK(error_of([&] { read_regular_text(dir.path()); }) != 0);
}

TEST_CASE("a pipe is read when a user names it, and otherwise not waited for", "[read-text]") {
  const TempDir dir;
  const auto pipe = dir.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error_of([&] { read_regular_text(pipe); }) != 0);
  std::thread writer([&] { std::ofstream(pipe) << "text"; });
  CHECK(read_text(pipe) == "text");
  writer.join();
}

}  // namespace
}  // namespace p2p
