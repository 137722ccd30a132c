// The line format that both configuration files share.
#include "config/text.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

/// The words with their places: "1:1 a | 1:3 b" for "a b".
std::string words(std::string_view text) {
  std::string picture;
  for (const Line& line : split_lines(text))
    for (const Word& word : line.words)
      picture += (picture.empty() ? "" : " | ") + std::to_string(line.number) + ":" + std::to_string(word.column) + " " + std::string(word.text);
  return picture;
}

TEST_CASE("lines are split into words with their places", "[config]") {
  CHECK(words("") == "");
  CHECK(words("\n\n \n") == "");
  CHECK(words("a b\nc") == "1:1 a | 1:3 b | 2:1 c");
  CHECK(words("\n\n  a\n") == "3:3 a");
}

TEST_CASE("what real files have at the ends of their lines is no word", "[config]") {
  CHECK(words("a 1\nb 2") == words("a 1\nb 2\n"));
  CHECK(words("a 1\r\nb 2\r\n") == words("a 1\nb 2\n"));
  CHECK(words("a 1 \t \nb 2  \n") == words("a 1\nb 2\n"));
}

TEST_CASE("tabs and any number of blanks separate words", "[config]") {
  CHECK(words("a\tb") == "1:1 a | 1:3 b");
  CHECK(words("\t a \t  b") == "1:3 a | 1:8 b");
  CHECK(words("a\vb\fc") == "1:1 a | 1:3 b | 1:5 c");
}

TEST_CASE("a byte-order mark is neither a word nor a column", "[config]") {
  CHECK(words("\xef\xbb\xbf" "a b") == "1:1 a | 1:3 b");
  CHECK(words("\xef\xbb\xbf") == "");
}

TEST_CASE("a comment goes from a # at the start of a word to the end of the line", "[config]") {
  CHECK(words("# all of it\na") == "2:1 a");
  CHECK(words("a b # rest") == "1:1 a | 1:3 b");
  CHECK(words("a #b\nc") == "1:1 a | 2:1 c");
  CHECK(words("a#b #c") == "1:1 a#b");
}

TEST_CASE("an integer is digits within its limits and nothing else", "[config]") {
  CHECK(parse_integer("0", 0, 9) == 0u);
  CHECK(parse_integer("9", 0, 9) == 9u);
  CHECK(parse_integer("007", 0, 9) == 7u);
  CHECK(parse_integer("18446744073709551615", 0, UINT64_MAX) == UINT64_MAX);
  for (const char* word : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "1k", "ten", "10", "18446744073709551616", "99999999999999999999999"})
    CHECK_FALSE(parse_integer(word, 0, 9));
  CHECK_FALSE(parse_integer("4", 5, 9));
}

TEST_CASE("words from a file are safe to print", "[config]") {
  CHECK(in_quotes("word") == "\"word\"");
  CHECK(in_quotes("\x1b[31m\x7f") == "\"\\x1b[31m\\x7f\"");
  CHECK(in_quotes(std::string_view("a\0b", 3)) == "\"a\\x00b\"");
  CHECK(in_quotes("Grüße") == "\"Grüße\"");
  CHECK(in_quotes(std::string(60, 'x')) == '"' + std::string(60, 'x') + '"');
  CHECK(in_quotes(std::string(61, 'x')) == '"' + std::string(60, 'x') + "...\"");
}

TEST_CASE("the nearest word is suggested if it may be a slip", "[config]") {
  const std::vector<std::string_view> keys = {"FileName", "FileSize", "PieceSize"};
  CHECK(nearest("FielSize", keys) == "FileSize");
  CHECK(nearest("filesize", keys) == "FileSize");
  CHECK(nearest("PieceSze", keys) == "PieceSize");
  CHECK(nearest("Filename", keys) == "FileName");
  CHECK_FALSE(nearest("Port", keys));
  CHECK_FALSE(nearest("", keys));
  CHECK_FALSE(nearest(std::string(65, 'F'), keys));  // quadratic: never for a hostile line
}

TEST_CASE("a finding prints as editors and compilers expect it", "[config]") {
  CHECK(Finding{"Common.cfg", 3, 14, "is wrong"}.to_string() == "Common.cfg:3:14: is wrong");
  CHECK(Finding{"Common.cfg", 0, 0, "is wrong"}.to_string() == "Common.cfg: is wrong");
  const ConfigError error({{"a", 1, 2, "x"}, {"b", 0, 0, "y"}});
  CHECK(std::string(error.what()) == "a:1:2: x\nb: y");
}

}  // namespace
}  // namespace p2p::config
