// --check: the plan, the warnings, and what does not fit.
#include "peer/commands/check.hpp"

#include <sstream>
#include <string>

#include "peer/ground/exit_code.hpp"
#include "peer/net/name_check.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

/// Common.cfg with a small file; `preferred`, intervals and sizes where a test cares.
std::string common(const std::string& preferred = "2", const std::string& optimistic = "15",
                   const std::string& file_size = "10", const std::string& piece_size = "4") {
  return "NumberOfPreferredNeighbors " + preferred + "\nUnchokingInterval 5\nOptimisticUnchokingInterval " +
         optimistic + "\nFileName TheFile.dat\nFileSize " + file_size + "\nPieceSize " + piece_size + "\n";
}

constexpr std::string_view kPeers = "1001 host-a 6008 1\n1002 host-b 6008 0\n1003 host-c 6009 0\n";

std::string checked(const TempDir& dir, std::uint32_t id, const std::vector<std::string>& unknown = {}) {
  std::ostringstream out;
  check(load_setup(dir.path(), id), out, [&](const std::vector<std::string>&) { return unknown; });
  return out.str();
}

TEST_CASE("a check tells the whole plan", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  CHECK(checked(dir, 1003) ==
        "peer 1003 of 3, listening on port 6009\n"
        "file TheFile.dat, 10 bytes in 3 pieces of 4 bytes, the last of 2; bitfield of 1 bytes\n"
        "serves 2 preferred neighbors, chosen every 5 s, and 1 optimistic, chosen every 15 s\n"
        "needs about 13 MB of memory; the log grows to about 1 kB\n"
        "folder " +
            (dir / "peer_1003").string() +
            ": the file is missing and will be fetched\n"
            "dials peer 1001 at host-a port 6008\n"
            "dials peer 1002 at host-b port 6008\n");
  CHECK_FALSE(dir.has("peer_1003"));
}

TEST_CASE("a check of the first line says that it dials nobody and that its file is there", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  dir.write("peer_1001/TheFile.dat", "aaaabbbbcc");
  const std::string text = checked(dir, 1001);
  CHECK(text.find("folder " + (dir / "peer_1001").string() + ": has the complete file\n") != std::string::npos);
  CHECK(text.ends_with("dials nobody at first: it is the first line; later lines dial it\n"));
}

TEST_CASE("a check says whose name nobody knows, whoever is to dial", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  const std::string text = checked(dir, 1002, {"host-a", "host-b", "host-c"});
  CHECK(text.find("warning: cannot resolve host-a, the host of peer 1001: from this machine it cannot be dialled\n") !=
        std::string::npos);
  CHECK(text.find("warning: cannot resolve host-c, the host of peer 1003: from this machine it cannot be dialled\n") !=
        std::string::npos);
  CHECK(text.find("host-b,") == std::string::npos);  // that is this machine
}

TEST_CASE("names are resolved, each once", "[check]") {
  CHECK(unresolved({"localhost", "127.0.0.1", "::1", "nosuch.invalid", "nosuch.invalid"}) ==
        std::vector<std::string>{"nosuch.invalid"});
}

TEST_CASE("a peer that should start with the file and has none does not pass", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  try {
    checked(dir, 1001);
    FAIL("passed");
  } catch (const ExitError& error) {
    CHECK(error.code() == ExitCode::io);
    CHECK(std::string(error.what()) == (dir / "peer_1001/TheFile.dat").string() +
                                           " is missing, and PeerInfo.cfg says that peer 1001 starts with it");
  }
}

TEST_CASE("a seed without its file is not told that the file will be fetched", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  std::ostringstream out;
  CHECK_THROWS_AS(check(load_setup(dir.path(), 1001), out, [](const auto&) { return std::vector<std::string>(); }),
                  ExitError);
  CHECK(out.str().find("the file is missing\n") != std::string::npos);
  CHECK(out.str().find("fetched") == std::string::npos);
}

TEST_CASE("a check estimates what millions of pieces take", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common("2", "15", "16000000", "1"));
  dir.write("PeerInfo.cfg", kPeers);
  CHECK(checked(dir, 1003).find("needs about 821 MB of memory; the log grows to about 4 GB\n") != std::string::npos);
}

TEST_CASE("a file of the wrong size does not pass", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  dir.write("peer_1002/TheFile.dat", "aaaabbbbccc");
  try {
    checked(dir, 1002);
    FAIL("passed");
  } catch (const StoreError& error) {
    CHECK(error.fault() == StoreFault::mismatch);
    CHECK(std::string(error.what()).ends_with("has 11 bytes, expected 10 (FileSize in Common.cfg)"));
  }
}

TEST_CASE("a check warns of what works badly", "[check]") {
  const TempDir dir;
  dir.write("Common.cfg", common());
  dir.write("PeerInfo.cfg", kPeers);
  const auto warnings = [&] {
    const std::string text = checked(dir, 1002);
    const auto at = text.find("warning: ");
    return at == std::string::npos ? "" : text.substr(at);
  };
  SECTION("nothing to warn of") { CHECK(warnings() == ""); }
  SECTION("nobody has the file") {
    dir.write("PeerInfo.cfg", "1001 host-a 6008 0\n1002 host-b 6008 0\n");
    CHECK(warnings() ==
          "warning: no peer starts with the file, so nobody can complete unless one has it from an earlier run\n");
  }
  SECTION("no preferred neighbors") {
    dir.write("Common.cfg", common("0"));
    CHECK(warnings().starts_with("warning: NumberOfPreferredNeighbors is 0"));
  }
  SECTION("optimistic interval shorter than the other") {
    dir.write("Common.cfg", common("2", "4"));
    CHECK(warnings().starts_with("warning: OptimisticUnchokingInterval is shorter than UnchokingInterval"));
  }
  SECTION("very many pieces") {
    dir.write("Common.cfg", common("2", "15", "65537", "1"));
    CHECK(warnings().starts_with("warning: 65537 pieces; "));
    dir.write("Common.cfg", common("2", "15", "65536", "1"));
    CHECK(warnings() == "");
  }
}

}  // namespace
}  // namespace p2p
