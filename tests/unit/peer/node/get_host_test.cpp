// What a process that fetches one content gives to HTTP.
#include "peer/node/get_host.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/finding.hpp"
#include "tests/support/known_content.hpp"

namespace p2p {
namespace {

using test::finds;
using test::run_until;

const ManifestPtr kFile = test::known_file("a.bin", "abcde");
const ManifestPtr kFolder = test::known_folder({{"a", "1"}, {"b/c", "22"}});

struct Host {
  explicit Host(GetHost::Wanted wanted = {.name = "sub/x", .id = {}}) : host(io, std::move(wanted)) {}
  /// Asks, and does not wait; the answer is appended to `answers`.
  void ask(AskedPath asked) {
    host.find(asked, [this](const FoundPath& found) { answers.push_back(test::describe(found)); });
    io.restart();
    io.run();
  }
  std::string finds(const std::string& path) { return test::finds(io, host, path); }

  asio::io_context io{1};
  GetHost host;
  std::vector<std::string> answers;
};

TEST_CASE("who asks before the manifest is there waits for it, but not for what cannot come", "[hosts]") {
  Host h;
  for (const char* const path : {"sub/x", "sub/x/b/c", "sub/", ""}) h.ask({{}, path});
  h.ask({kFolder->id, "a"});
  CHECK(h.answers.empty());
  h.ask({{}, "other"});
  REQUIRE(h.answers.size() == 1);
  CHECK(h.answers[0] ==
        "nothing: this node fetches one content, which is not \"other\"; peerProcess gateway fetches whatever others "
        "offer");
  h.answers.clear();
  h.host.have(kFolder, "sub/x", nullptr);
  CHECK(h.answers ==
        std::vector<std::string>{"folder a:1 b/:2", "file c 2", "folder x:3", "folder sub/:3", "file a 1"});
}

TEST_CASE("a content is found under the name that it has here, and by its id", "[hosts]") {
  Host h;
  h.host.have(kFile, "sub/x", nullptr);
  CHECK(h.finds("sub/x") == "file x 5");
  CHECK(h.finds("a.bin").starts_with("nothing: "));
  CHECK(test::describe(test::find(h.io, h.host, {kFile->id, ""})) == "file x 5");
  CHECK(test::describe(test::find(h.io, h.host, {kFolder->id, ""})).starts_with("nothing: this node fetches one"));
}

TEST_CASE("of a content id nobody waits for another one, and any name may be its own", "[hosts]") {
  Host h({.name = {}, .id = kFile->id});
  h.ask({kFolder->id, ""});
  CHECK(h.answers.size() == 1);
  h.ask({kFile->id, ""});
  h.ask({{}, "y"});
  CHECK(h.answers.size() == 1);
  h.host.have(kFile, "y", nullptr);
  CHECK(h.answers.size() == 3);
  CHECK(h.answers.back() == "file y 5");
}

TEST_CASE("when a name becomes another content who asks waits for that", "[hosts]") {
  Host h;
  h.host.have(kFile, "sub/x", nullptr);
  h.host.lose();
  h.ask({{}, "sub/x"});
  CHECK(h.answers.empty());
  h.host.have(kFolder, "sub/x", nullptr);
  CHECK(h.answers == std::vector<std::string>{"folder a:1 b/:2"});
}

TEST_CASE("of too many who wait the first ones are sent away", "[hosts]") {
  Host h;
  for (std::size_t i = 0; i < GetHost::kMostWaiting + 3; ++i) h.ask({{}, "sub/x"});
  CHECK(h.answers.size() == 3);
  CHECK(h.answers[0].starts_with("unreachable: "));
}

}  // namespace
}  // namespace p2p
