// What a shared folder gives to HTTP: real files, a real library.
#include "peer/node/share_host.hpp"

#include <chrono>
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/finding.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::find;
using test::finds;
using test::run_until;

const std::string kText = test::random_text(100'000);

class Shared {
 public:
  explicit Shared(const test::TempDir& dir, std::optional<std::string> as = {})
      : library(io, {.folder = dir.path(), .as = as, .finished = true},
                {.on_offered = [this](const Holding& holding) { host.offered(holding); },
                 .on_withdrawn = [this](const Holding& holding) { host.withdrawn(holding); },
                 .on_work = [] {}}),
        host(io, library, as.has_value()) {
    library.start();
    run_until(io, [&] { return library.pending().looked && library.pending().waiting == 0; });
  }

  asio::io_context io{1};
  Library library;
  ShareHost host;
};

/// Reads by itself, as nothing of a shared file waits for the network thread.
test::Read read(const FoundPath& found, std::uint64_t first, std::uint64_t count) {
  return test::read_range(*std::get<FoundFile>(found).bytes, first, count, 4096);
}

void rewrite(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
  std::filesystem::last_write_time(file, std::filesystem::file_time_type(std::chrono::hours(1)));
}

TEST_CASE("a shared folder is found by name, as a listing, and by content id", "[hosts]") {
  const test::TempDir dir;
  dir.write("a.bin", kText);
  dir.write("sub/b", "bb");
  dir.write("sub/c/d", "ddd");
  dir.write("sub/none", "");
  Shared shared(dir);
  CHECK(finds(shared.io, shared.host, "") == "folder a.bin:100000 sub/:5");
  CHECK(finds(shared.io, shared.host, "a.bin") == "file a.bin 100000");
  CHECK(finds(shared.io, shared.host, "sub") == "folder b:2 c/:3 none:0");
  CHECK(finds(shared.io, shared.host, "sub/c/d") == "file d 3");
  CHECK(finds(shared.io, shared.host, "sub/none") == "file none 0");
  CHECK(finds(shared.io, shared.host, "no") ==
        "nothing: this node does not offer \"no\"; peerProcess gateway fetches what others offer");
  CHECK(finds(shared.io, shared.host, "a.bin/").starts_with("nothing: "));
  const FoundPath found = find(shared.io, shared.host, {{}, "a.bin"});
  const ContentId id = std::get<FoundFile>(found).id;
  CHECK(read(found, 0, kText.size()).text == kText);
  CHECK(read(found, 77, 5000).text == kText.substr(77, 5000));
  CHECK(read(find(shared.io, shared.host, {id, ""}), 9, 9).text == kText.substr(9, 9));
  CHECK(test::describe(find(shared.io, shared.host, {id, "a.bin"})) == "file a.bin 100000");
  CHECK(test::describe(find(shared.io, shared.host, {id, "b.bin"})).starts_with("nothing: "));
  CHECK(test::describe(find(shared.io, shared.host, {ContentId{}, ""})).starts_with("nothing: this node does not"));
}

TEST_CASE("a folder that is one content is listed under its name, and its files are in it", "[hosts]") {
  const test::TempDir dir;
  dir.write("a.bin", kText);
  dir.write("sub/b", "bb");
  Shared shared(dir, "all");
  CHECK(finds(shared.io, shared.host, "") == "folder all:100002");
  CHECK(finds(shared.io, shared.host, "all") == "folder a.bin:100000 sub/:2");
  CHECK(finds(shared.io, shared.host, "all/sub/b") == "file b 2");
  CHECK(finds(shared.io, shared.host, "sub/b").starts_with("nothing: "));
  const FoundPath found = find(shared.io, shared.host, {{}, "all/a.bin"});
  CHECK(read(found, 0, kText.size()).text == kText);
  CHECK(test::describe(find(shared.io, shared.host, {std::get<FoundFile>(found).id, "sub/"})) == "folder b:2");
}

TEST_CASE("a shared file that changes ends its readers, and is another content afterwards", "[hosts]") {
  const test::TempDir dir;
  dir.write("a.bin", kText);
  dir.write("b.bin", "b");
  const bool one = GENERATE(false, true);
  Shared shared(dir, one ? std::optional<std::string>("all") : std::nullopt);
  const std::string name = one ? "all/a.bin" : "a.bin";
  const FoundPath found = find(shared.io, shared.host, {{}, name});
  const FoundFile& file = std::get<FoundFile>(found);
  const auto reader = file.bytes->open(0, file.size, [] {});
  std::vector<std::byte> block(1000);
  CHECK(reader->read(block).bytes == 1000);
  rewrite(dir / "a.bin", "another text");
  CHECK(reader->read(block).state == ByteReader::State::failed);
  CHECK(reader->fault() == "the file was changed at the node that gives it");
  // What was found before the change stays what it was, or nothing.
  CHECK(read(found, 0, 10).text.empty());
  std::string after;
  run_until(shared.io, [&] {
    after = finds(shared.io, shared.host, name);
    return after == "file a.bin 12";
  });
  CHECK(read(find(shared.io, shared.host, {{}, name}), 0, 12).text == "another text");
  CHECK(test::describe(find(shared.io, shared.host, {file.id, ""})).starts_with("nothing: "));
}

}  // namespace
}  // namespace p2p
