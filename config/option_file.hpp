// A file of options: what would stand on the command line, an option a line, without its dashes.
//
//   folder = /srv/models      # as --folder /srv/models
//   join = one:5000,two
//   hidden = true             # as --hidden
//   host = "::1"              # a value may be in quotes, single or double; without them it ends before a comment
//
// Which options there are, and what their values may be, is known to the reader of the result alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::config {

struct OptionLine {
  std::size_t line = 0;    ///< From 1.
  std::size_t column = 0;  ///< Of the key, from 1, in bytes.
  std::string key;         ///< Letters, digits, - and _.
  std::string value;       ///< Never empty, without zero bytes.
};

/// In the order of the file; a key may stand there several times. Throws ConfigError with everything that is wrong.
std::vector<OptionLine> parse_option_file(std::string_view text, const std::string& file);

}  // namespace p2p::config
