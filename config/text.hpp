// The line format that the configuration files share: words separated by blanks, one statement a line.
//
// Real files have no final newline, trailing blanks, tabs, CRLF and byte-order marks; all of that is fine, and so are
// blank lines and comments from `#` at the start of a word to the end of the line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"

namespace p2p::config {

struct Word {
  std::string_view text;
  std::size_t column = 0;  ///< From 1, in bytes.
};

struct Line {
  std::size_t number = 0;   ///< From 1.
  std::vector<Word> words;  ///< Never empty.
};

/// The lines of `text` that have words. The words point into `text`.
std::vector<Line> split_lines(std::string_view text);

/// `word` as a decimal integer from `min` to `max`: digits only, no sign, no blanks. None when it is not one.
std::optional<std::uint64_t> parse_integer(std::string_view word, std::uint64_t min, std::uint64_t max);

/// Text from elsewhere made safe for a terminal and a log: what is_unprintable() (characters.hpp), and bytes that are
/// no UTF-8, as \xNN. Twice is as once.
std::string printable(std::string_view text);

/// The same for a text of several lines, whose ends are kept.
std::string printable_lines(std::string_view text);

/// A word from elsewhere made safe for a message: printable(), of at most 60 bytes, in quotes.
std::string in_quotes(std::string_view word);

/// The candidate nearest to `word` by edit distance (letters added, left out, replaced, or swapped with the next),
/// ignoring case, if it is near enough to be a slip.
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// Collects findings of one file.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  void add(std::size_t line, std::size_t column, std::string message) {
    findings_.push_back({file_, line, column, std::move(message)});
  }
  void add(std::string message) { add(0, 0, std::move(message)); }

  bool empty() const { return findings_.empty(); }

  /// Throws ConfigError when there are findings, in the order of the file.
  void throw_if_any();

 private:
  std::string file_;
  std::vector<Finding> findings_;
};

}  // namespace p2p::config
