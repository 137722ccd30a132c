// Common.cfg: what is refused, where, and with which words.
#include <string>

#include "config/common_cfg.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

std::string wrong(std::string_view text) {
  return findings_of([&] { parse_common_cfg(text, "Common.cfg"); });
}

/// Line 7 after six good ones.
std::string wrong_line(const std::string& line) {
  return wrong(
      "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\n"
      "FileName TheFile.dat\nFileSize 10000232\nPieceSize 32768\n" +
      line);
}

/// The first line is the test's, with one of the keys; the others are good.
std::string wrong_value(const std::string& line) {
  std::string text = line + "\n";
  for (const char* good :
       {"NumberOfPreferredNeighbors 2\n", "UnchokingInterval 5\n", "OptimisticUnchokingInterval 15\n",
        "FileName TheFile.dat\n", "FileSize 10000232\n", "PieceSize 32768\n"}) {
    const std::string key(good, std::string(good).find(' '));
    if (line.substr(0, line.find_first_of(" \t")) != key) text += good;
  }
  return wrong(text);
}

TEST_CASE("an integer of Common.cfg that is none or beyond its limits is shown with what was expected", "[config]") {
  CHECK(wrong_value("FileSize 0") ==
        "Common.cfg:1:10: FileSize is \"0\", expected bytes from 1 to 9223372036854775807");
  CHECK(wrong_value("FileSize 9223372036854775808") ==
        "Common.cfg:1:10: FileSize is \"9223372036854775808\", expected bytes from 1 to 9223372036854775807");
  CHECK(wrong_value("FileSize 10MB") ==
        "Common.cfg:1:10: FileSize is \"10MB\", expected bytes from 1 to 9223372036854775807");
  CHECK(wrong_value("PieceSize\t -5") == "Common.cfg:1:12: PieceSize is \"-5\", expected bytes from 1 to 67108864");
  CHECK(wrong_value("PieceSize 67108865") ==
        "Common.cfg:1:11: PieceSize is \"67108865\", expected bytes from 1 to 67108864");
  CHECK(wrong_value("PieceSize 0") == "Common.cfg:1:11: PieceSize is \"0\", expected bytes from 1 to 67108864");
  CHECK(wrong_value("UnchokingInterval 0") ==
        "Common.cfg:1:19: UnchokingInterval is \"0\", expected seconds from 1 to 86400");
  CHECK(wrong_value("UnchokingInterval 2.5") ==
        "Common.cfg:1:19: UnchokingInterval is \"2.5\", expected seconds from 1 to 86400");
  CHECK(wrong_value("OptimisticUnchokingInterval 86401") ==
        "Common.cfg:1:29: OptimisticUnchokingInterval is \"86401\", expected seconds from 1 to 86400");
  CHECK(wrong_value("NumberOfPreferredNeighbors 65536") ==
        "Common.cfg:1:28: NumberOfPreferredNeighbors is \"65536\", expected an integer from 0 to 65535");
}

TEST_CASE("an optional key that is there must be right", "[config]") {
  CHECK(wrong_line("MaxConnections 3") ==
        "Common.cfg:7:16: MaxConnections is \"3\", expected an integer from 4 to 65535");
  CHECK(wrong_line("MaxConnections") == "Common.cfg:7:15: MaxConnections has no value");
  CHECK(wrong_line("ChokingPolicy kind") ==
        "Common.cfg:7:15: ChokingPolicy is \"kind\", expected course or cooperative");
  CHECK(wrong_line("ChokingPolicy Course") ==
        "Common.cfg:7:15: ChokingPolicy is \"Course\", expected course or cooperative");
}

TEST_CASE("a manifest's content id is 64 hexadecimal digits", "[config]") {
  const auto refused = [](const std::string& value, const std::string& shown) {
    CHECK(wrong_line("Manifest " + value) ==
          "Common.cfg:7:10: Manifest is " + shown +
              ", expected 64 hexadecimal digits, as peerProcess manifest prints them");
  };
  refused("f", "\"f\"");
  refused(std::string(63, 'a'), "\"" + std::string(60, 'a') + "...\"");
  refused(std::string(65, 'a'), "\"" + std::string(60, 'a') + "...\"");
  refused("g" + std::string(63, 'a'), "\"g" + std::string(59, 'a') + "...\"");
  CHECK(wrong_line("Manifest") == "Common.cfg:7:9: Manifest has no value");
}

TEST_CASE("a size beside a manifest must be right, and there is nothing missing", "[config]") {
  const std::string text =
      "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\nFileName f\nManifest " +
      std::string(64, '0') + "\n";
  CHECK(wrong(text) == "");
  CHECK(wrong(text + "PieceSize 0") == "Common.cfg:6:11: PieceSize is \"0\", expected bytes from 1 to 67108864");
  CHECK(wrong(text + "FileSize 0") ==
        "Common.cfg:6:10: FileSize is \"0\", expected bytes from 1 to 9223372036854775807");
}

TEST_CASE("a piece size that makes too many pieces is refused with the smallest that does not", "[config]") {
  const std::string text =
      "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\nFileName f\nFileSize "
      "4294967295\n";
  CHECK(wrong(text + "PieceSize 2") ==
        "Common.cfg:6:11: PieceSize 2 cuts the file into 2147483648 pieces, but at most 16777216 are possible; "
        "expected at least 256");
  CHECK(wrong(text + "PieceSize 255") != "");
  CHECK(wrong(text + "PieceSize 256") == "");
}

TEST_CASE("a file that is too large for any piece size is said to be", "[config]") {
  const std::string text =
      "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\nFileName f\nPieceSize "
      "67108864\n";
  CHECK(wrong(text + "FileSize 1125899906842624") == "");
  CHECK(wrong(text + "FileSize 1125899906842625") ==
        "Common.cfg:6:10: FileSize is 1125899906842625, but the largest possible is 1125899906842624: 16777216 pieces "
        "of 67108864 bytes");
}

TEST_CASE("a file name that would leave the peer's folder or cannot be one is refused", "[config]") {
  const auto refused = [](const std::string& name, const std::string& why) {
    INFO(name);
    CHECK(wrong_value("FileName " + name) ==
          "Common.cfg:1:10: FileName \"" + name + "\" " + why + ", expected a name inside the peer's folder");
  };
  refused("/etc/passwd", "is absolute");
  refused("..", "has the part ..");
  refused("../secret", "has the part ..");
  refused("a/../../b", "has the part ..");
  refused("a/..", "has the part ..");
  refused(".", "has an empty part");
  refused("./a", "has an empty part");
  refused("a//b", "has an empty part");
  refused("folder/", "ends with a slash");
  refused("a.part", "ends with .part, which marks unfinished files");

  const std::string longest(256, 'n');
  CHECK(wrong_value("FileName " + longest).find("has a part of more than 255 bytes") != std::string::npos);
  CHECK(wrong_value("FileName f/" + longest).find("has a part of more than 255 bytes") != std::string::npos);
  CHECK(wrong_value(std::string("FileName a\0b", 12)).find("\"a\\x00b\" has a zero byte") != std::string::npos);
}

TEST_CASE("a key without a value is shown behind the key", "[config]") {
  CHECK(wrong_value("FileSize") == "Common.cfg:1:9: FileSize has no value");
  CHECK(wrong_value("FileName \t\r") == "Common.cfg:1:9: FileName has no value");
  CHECK(wrong_value("PieceSize # later") == "Common.cfg:1:10: PieceSize has no value");
}

TEST_CASE("a second word after a value is shown", "[config]") {
  CHECK(wrong_value("FileName The File.dat") ==
        "Common.cfg:1:14: \"File.dat\" after the value of FileName, expected the end of the line");
  CHECK(wrong_value("PieceSize  32768  bytes") ==
        "Common.cfg:1:19: \"bytes\" after the value of PieceSize, expected the end of the line");
}

TEST_CASE("a key that stands twice is shown with its first place", "[config]") {
  CHECK(wrong_line("FileSize 5") == "Common.cfg:7:1: FileSize stands here again, first on line 5");
  CHECK(wrong_line("  PieceSize 32768") == "Common.cfg:7:3: PieceSize stands here again, first on line 6");
}

TEST_CASE("an unknown key is shown with the key that was probably meant", "[config]") {
  CHECK(wrong_line("Filesize 5") == "Common.cfg:7:1: unknown key \"Filesize\", did you mean FileSize?");
  CHECK(wrong_line("Port 6008")
            .starts_with(
                "Common.cfg:7:1: unknown key \"Port\", expected one of NumberOfPreferredNeighbors, UnchokingInterval, "
                "OptimisticUnchokingInterval, FileName, FileSize, PieceSize"));
}

TEST_CASE("a misspelt key is not reported missing as well", "[config]") {
  CHECK(wrong("NumberOfPreferedNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\n"
              "FileName f\nFileSize 1\nPieceSize 1\n") ==
        "Common.cfg:1:1: unknown key \"NumberOfPreferedNeighbors\", did you mean NumberOfPreferredNeighbors?");
}

TEST_CASE("missing keys are all told", "[config]") {
  CHECK(wrong("") ==
        "Common.cfg: key NumberOfPreferredNeighbors is missing\n"
        "Common.cfg: key UnchokingInterval is missing\n"
        "Common.cfg: key OptimisticUnchokingInterval is missing\n"
        "Common.cfg: key FileName is missing\n"
        "Common.cfg: key FileSize is missing\n"
        "Common.cfg: key PieceSize is missing");
}

TEST_CASE("everything that is wrong with a Common.cfg is told at once, in the order of the lines", "[config]") {
  CHECK(wrong("PieceSize 0\n"
              "UnchokingInterval\n"
              "# OptimisticUnchokingInterval 15\n"
              "FileNmae f\n"
              "FileSize 10 20\n"
              "FileSize 30\n"
              "NumberOfPreferredNeighbors two\n") ==
        "Common.cfg: key OptimisticUnchokingInterval is missing\n"
        "Common.cfg:1:11: PieceSize is \"0\", expected bytes from 1 to 67108864\n"
        "Common.cfg:2:18: UnchokingInterval has no value\n"
        "Common.cfg:4:1: unknown key \"FileNmae\", did you mean FileName?\n"
        "Common.cfg:5:13: \"20\" after the value of FileSize, expected the end of the line\n"
        "Common.cfg:6:1: FileSize stands here again, first on line 5\n"
        "Common.cfg:7:28: NumberOfPreferredNeighbors is \"two\", expected an integer from 0 to 65535");
}

TEST_CASE("findings name the file as it was given and carry their places", "[config]") {
  try {
    parse_common_cfg("FileSize x", "some/where/Common.cfg");
    FAIL("accepted");
  } catch (const ConfigError& error) {
    const Finding& last = error.findings().back();
    CHECK(last.file == "some/where/Common.cfg");
    CHECK(last.line == 1);
    CHECK(last.column == 10);
    CHECK(error.findings().size() == 6);
  }
}

}  // namespace
}  // namespace p2p::config
