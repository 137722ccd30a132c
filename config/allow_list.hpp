// The list of those who may take part in a private network: a line for each key, its fingerprint and a name for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"
#include "config/fingerprint.hpp"

namespace p2p::config {

struct AllowedKey {
  Fingerprint key;
  std::string name;
};

/// Blank lines and comments as in all our files (text.hpp). A list may be empty: then nobody is let in. A key stands
/// once; names may be alike. `file` names it in messages. Throws ConfigError with everything that is wrong.
std::vector<AllowedKey> parse_allow_list(std::string_view text, const std::string& file);

}  // namespace p2p::config
