// Common.cfg: what is accepted.
#include "config/common_cfg.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

CommonCfg parse(std::string_view text) { return parse_common_cfg(text, "Common.cfg"); }

/// A good text with one value of the test's choice.
std::string with(std::string_view key, std::string_view value) {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view usual) {
    text += std::string(name) + " " + std::string(name == key ? value : usual) + "\n";
  };
  line("NumberOfPreferredNeighbors", "2");
  line("UnchokingInterval", "5");
  line("OptimisticUnchokingInterval", "15");
  line("FileName", "TheFile.dat");
  line("FileSize", "10000232");
  line("PieceSize", "32768");
  return text;
}

TEST_CASE("the course's Common.cfg is read", "[config]") {
  const CommonCfg cfg = parse(
      "NumberOfPreferredNeighbors 2\n"
      "UnchokingInterval 5\n"
      "OptimisticUnchokingInterval 15\n"
      "FileName TheFile.dat\n"
      "FileSize 10000232\n"
      "PieceSize 32768\n");
  CHECK(cfg.preferred_neighbors == 2);
  CHECK(cfg.unchoking_interval_s == 5);
  CHECK(cfg.optimistic_interval_s == 15);
  CHECK(cfg.file_name == "TheFile.dat");
  CHECK(cfg.file_size == 10'000'232);
  CHECK(cfg.piece_size == 32'768);
}

TEST_CASE("keys of Common.cfg come in any order", "[config]") {
  const CommonCfg cfg = parse(
      "PieceSize 32768\nFileSize 10000232\nFileName TheFile.dat\n"
      "OptimisticUnchokingInterval 15\nUnchokingInterval 5\nNumberOfPreferredNeighbors 2\n");
  CHECK(cfg.preferred_neighbors == 2);
  CHECK(cfg.piece_size == 32'768);
}

TEST_CASE("a Common.cfg from another system or editor reads the same", "[config]") {
  const std::string plain = with("", "");
  std::string text = plain;
  SECTION("no final newline") { text.pop_back(); }
  SECTION("byte-order mark") { text.insert(0, "\xef\xbb\xbf"); }
  SECTION("CRLF, tabs, trailing blanks, comments") {
    text.clear();
    for (const char c : plain)
      text += c == '\n' ? std::string(" \t # said why\r\n") : c == ' ' ? std::string("\t  ") : std::string(1, c);
  }
  SECTION("blank lines") { text = "\n \r\n" + text + "\n\n"; }
  const CommonCfg cfg = parse(text);
  CHECK(cfg.preferred_neighbors == 2);
  CHECK(cfg.unchoking_interval_s == 5);
  CHECK(cfg.optimistic_interval_s == 15);
  CHECK(cfg.file_name == "TheFile.dat");
  CHECK(cfg.file_size == 10'000'232);
  CHECK(cfg.piece_size == 32'768);
}

TEST_CASE("Common.cfg accepts values up to their limits", "[config]") {
  CHECK(parse(with("FileSize", "1")).file_size == 1);
  CHECK(parse(with("FileSize", "4294967297")).file_size == 4'294'967'297);  // more than 32 bits
  CHECK(parse(with("PieceSize", "1")).piece_size == 1);
  CHECK(parse(with("PieceSize", "67108864")).piece_size == 64u << 20);
  CHECK(parse(with("PieceSize", "10000233")).piece_size == 10'000'233);  // larger than the file: one piece
  CHECK(parse(with("NumberOfPreferredNeighbors", "0")).preferred_neighbors == 0);
  CHECK(parse(with("NumberOfPreferredNeighbors", "65535")).preferred_neighbors == 65'535);
  CHECK(parse(with("UnchokingInterval", "1")).unchoking_interval_s == 1);
  CHECK(parse(with("UnchokingInterval", "86400")).unchoking_interval_s == 86'400);
  CHECK(parse(with("OptimisticUnchokingInterval", "1")).optimistic_interval_s == 1);
  CHECK(parse(with("OptimisticUnchokingInterval", "86400")).optimistic_interval_s == 86'400);
}

TEST_CASE("Common.cfg accepts 2^24 pieces and not one more", "[config]") {
  const auto text = [](std::string_view file_size) {
    std::string all = with("PieceSize", "2");
    return all.replace(all.find("10000232"), 8, file_size);
  };
  CHECK(parse(text("33554432")).file_size == 33'554'432);
  CHECK_THROWS_AS(parse(text("33554433")), ConfigError);
}

TEST_CASE("the keys that other implementations do not know are optional", "[config]") {
  const std::string classic = with("", "");
  CHECK(parse(classic).max_connections == 0);
  CHECK(parse(classic).choking_policy == ChokingPolicy::course);
  CHECK(parse(classic + "MaxConnections 4").max_connections == 4);
  CHECK(parse(classic + "MaxConnections 65535").max_connections == 65'535);
  CHECK(parse(classic + "ChokingPolicy course").choking_policy == ChokingPolicy::course);
  CHECK(parse(classic + "ChokingPolicy cooperative").choking_policy == ChokingPolicy::cooperative);
}

TEST_CASE("with a manifest both sizes may be left out", "[config]") {
  const std::string digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeFF";
  const CommonCfg without =
      parse("NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\nFileName f\nManifest " +
            digits + "\n");
  REQUIRE(without.manifest);
  CHECK((*without.manifest)[1] == std::byte{0x11});
  CHECK(without.manifest->back() == std::byte{0xff});
  CHECK_FALSE(without.file_size);
  CHECK_FALSE(without.piece_size);
  const CommonCfg with_both = parse(with("", "") + "Manifest " + digits);
  CHECK(with_both.manifest == without.manifest);
  CHECK(with_both.file_size == 10'000'232);
  CHECK(with_both.piece_size == 32'768);
  CHECK_FALSE(parse(with("", "")).manifest);
}

TEST_CASE("FileName may be in a folder and have bytes beyond ASCII", "[config]") {
  CHECK(parse(with("FileName", "models/v1/weights.bin")).file_name == "models/v1/weights.bin");
  CHECK(parse(with("FileName", ".hidden")).file_name == ".hidden");
  CHECK(parse(with("FileName", "..a")).file_name == "..a");
  CHECK(parse(with("FileName", "a..b/c..")).file_name == "a..b/c..");
  CHECK(parse(with("FileName", "Übung.dat")).file_name == "Übung.dat");
  CHECK(parse(with("FileName", "a#b")).file_name == "a#b");
  CHECK(parse(with("FileName", std::string(255, 'n'))).file_name.size() == 255);
}

TEST_CASE("of a chunk folder's Common.cfg every key may be left out", "[config]") {
  const CommonCfg nothing = parse_chunk_cfg("", "Common.cfg");
  CHECK(nothing.preferred_neighbors == 3);
  CHECK(nothing.unchoking_interval_s == 5);
  CHECK(nothing.optimistic_interval_s == 15);
  CHECK_FALSE(nothing.trust_quorum);
  const CommonCfg whole =
      parse_chunk_cfg(with("", "") + "TrustQuorum 65535\nChokingPolicy cooperative\n", "Common.cfg");
  CHECK(whole.trust_quorum == 65'535u);
  CHECK(whole.choking_policy == ChokingPolicy::cooperative);
  CHECK(parse(with("", "") + "TrustQuorum 2").trust_quorum == 2u);
  for (const char* wrong :
       {"TrustQuorum 0", "TrustQuorum 65536", "TrustQuorum", "Quorum 2", "UnchokingInterval 0", "MaxConnections 4"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_chunk_cfg(wrong, "Common.cfg"), ConfigError);
  }
}

}  // namespace
}  // namespace p2p::config
