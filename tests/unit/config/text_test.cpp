// The line format that both configuration files share.
#include "config/text.hpp"

#include <string>

#include "config/characters.hpp"
#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

/// The words with their places: "1:1 a | 1:3 b" for "a b".
std::string words(std::string_view text) {
  std::string picture;
  for (const Line& line : split_lines(text))
    for (const Word& word : line.words)
      picture += (picture.empty() ? "" : " | ") + std::to_string(line.number) + ":" + std::to_string(word.column) +
                 " " + std::string(word.text);
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
  CHECK(words("\xef\xbb\xbf"
              "a b") == "1:1 a | 1:3 b");
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
  for (const char* word : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "1k", "ten", "10", "18446744073709551616",
                           "99999999999999999999999"})
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

TEST_CASE("what steers a terminal or the direction of writing is escaped, other writing is not", "[config]") {
  CHECK(printable("a\xc2\x9b"
                  "31m") ==
        "a\\xc2\\x9b"
        "31m");  // U+009B, a control of C1
  CHECK(printable("a\x9b"
                  "31m") ==
        "a\\x9b"
        "31m");  // the same as one byte, which is no UTF-8
  CHECK(printable("gpj.\xe2\x80\xae"
                  "exe") ==
        "gpj.\\xe2\\x80\\xae"
        "exe");                                                                        // U+202E writes backwards
  CHECK(printable("\xe2\x81\xa6x\xe2\x81\xa9") == "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9");  // U+2066, U+2069
  CHECK(printable("a\xe2\x80\x8b"
                  "b\xef\xbb\xbf") ==
        "a\\xe2\\x80\\x8b"
        "b\\xef\\xbb\\xbf");  // U+200B, U+FEFF
  CHECK(printable("a\xe2\x80\xa8"
                  "b") ==
        "a\\xe2\\x80\\xa8"
        "b");  // U+2028 ends a line
  CHECK(printable("a\nb\r") == "a\\x0ab\\x0d");
  CHECK(printable("\xf3\xa0\x81\x81") == "\\xf3\\xa0\\x81\\x81");  // U+E0041, a tag
  CHECK(printable("\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80 \xe2\x82") ==
        "\\xc0\\xaf \\xed\\xa0\\x80 \\xf5\\x80\\x80\\x80 \\xe2\\x82");
  for (const char* text : {"Grüße", "日本語", "\xf0\x9f\x90\x8b", "עברית", "a\\x9b", ""})
    CHECK(printable(text) == text);
  CHECK(printable(printable("\xc2\x9b\xff")) == printable("\xc2\x9b\xff"));
}

TEST_CASE("a text of several lines keeps its ends of lines alone", "[config]") {
  CHECK(printable_lines("a\nb\xc2\x9b\n") == "a\nb\\xc2\\x9b\n");
  CHECK(printable_lines("a\r\nb\tc") == "a\\x0d\nb\\x09c");
  CHECK(printable_lines("") == "");
}

TEST_CASE("a word that is cut ends with a whole character", "[config]") {
  CHECK(in_quotes(std::string(58, 'x') + "日本") == '"' + std::string(58, 'x') + "...\"");
  CHECK(in_quotes(std::string(57, 'x') + "日本") == '"' + std::string(57, 'x') + "日...\"");
  CHECK(in_quotes(std::string(70, '\x9b')).ends_with("\\x9b...\""));
}

TEST_CASE("a text is cut where a terminal's line ends", "[config]") {
  CHECK(columns("Grüße") == 5);
  CHECK(columns("日本") == 4);
  CHECK(columns("\xff\xfe") == 2);
  CHECK(first_columns("Grüße", 3) == "Grü");
  CHECK(first_columns("a日本", 4) == "a日");
  CHECK(first_columns("abc", 3) == "abc");
  CHECK(first_columns("abc", 0) == "");
}

TEST_CASE("the nearest word is suggested if it may be a slip", "[config]") {
  const std::vector<std::string_view> keys = {"FileName", "FileSize", "PieceSize"};
  CHECK(nearest("FielSize", keys) == "FileSize");
  CHECK(nearest("filesize", keys) == "FileSize");
  CHECK(nearest("PieceSze", keys) == "PieceSize");
  CHECK(nearest("Filename", keys) == "FileName");
  CHECK(nearest("gte", {"ls", "get"}) == "get");  // two letters that have changed places are one slip
  CHECK_FALSE(nearest("xyz", {"ls", "get"}));
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
