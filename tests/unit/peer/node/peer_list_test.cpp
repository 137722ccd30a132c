// What another PeerInfo.cfg changes.
#include "peer/node/peer_list.hpp"

#include <string>

#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

const std::string kFile = "PeerInfo.cfg";

std::vector<config::PeerLine> list(const std::string& text) { return config::parse_peer_info(text, kFile); }

const std::string kKey(43, 'A');
const std::string kOther = "B" + std::string(42, 'A');

PeerListChange change(const std::string& before, std::size_t self, const std::string& after) {
  return compare_lists(list(before), self, list(after), kFile);
}

std::string fault(const std::string& before, std::size_t self, const std::string& after) {
  try {
    change(before, self, after);
  } catch (const ExitError& error) {
    CHECK(error.code() == ExitCode::bad_configuration);
    return error.what();
  }
  return {};
}

std::vector<PeerId> ids(std::initializer_list<std::uint32_t> numbers) {
  std::vector<PeerId> ids;
  for (const std::uint32_t number : numbers) ids.push_back(PeerId{number});
  return ids;
}

TEST_CASE("a new list adds, removes and moves peers, and says where we stand", "[peer list]") {
  const auto changed =
      change("1 a 10 1\n2 a 20 0\n3 a 30 0\n4 a 40 0\n", 1, "5 a 50 0\n1 b 10 1\n4 a 41 0\n2 a 20 0\n6 a 60 0\n");
  CHECK(changed.self_index == 3);
  CHECK(changed.added == ids({5, 6}));
  CHECK(changed.removed == ids({3}));
  CHECK(changed.moved == ids({1, 4}));
  CHECK(describe(changed) == "2 peers added, 1 removed, 2 changed");
}

TEST_CASE("a peer with another key has moved", "[peer list]") {
  const auto changed = change("1 a 10 1 " + kKey + "\n2 a 20 0 " + kOther + "\n", 0,
                              "1 a 10 1 " + kKey + "\n2 a 20 0 C" + std::string(42, 'A') + "\n");
  CHECK(changed.moved == ids({2}));
  CHECK(describe(changed) == "1 peer changed");
}

TEST_CASE("what a peer started with, and where lines stand, is no move", "[peer list]") {
  const auto changed = change("1 a 10 1\n2 a 20 0\n", 0, "2 a 20 1\n1 a 10 0\n");
  CHECK_FALSE(changed.any());
  CHECK(changed.self_index == 1);
  CHECK(describe(changed) == "as before");
}

TEST_CASE("a list by which we would have to start anew is refused", "[peer list]") {
  const std::string two = "1 a 10 1\n2 a 20 0\n";
  CHECK(fault(two, 0, "2 a 20 0\n") == "PeerInfo.cfg: our own line, of peer 1, is not there any more");
  CHECK(fault(two, 1, "1 a 10 1\n2 b 20 0\n") ==
        "PeerInfo.cfg:2: our own line, of peer 2, has another host or port; start the peer anew for that");
  CHECK(fault(two, 1, "1 a 10 1\n2 a 21 0\n").find("another host or port") != std::string::npos);
  const std::string keyed = "1 a 10 1 " + kKey + "\n2 a 20 0 " + kOther + "\n";
  CHECK(fault(two, 0, keyed).find("PeerInfo.cfg:1: our own line, of peer 1, has a key where it had none") == 0);
  CHECK(fault(keyed, 0, two).find("has a key where it had none, or none") != std::string::npos);
  CHECK(fault(keyed, 0, "1 a 10 1 " + kOther + "\n").find("has another key") != std::string::npos);
}

}  // namespace
}  // namespace p2p
