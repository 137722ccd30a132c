// What a parser says about a text, as one text.
#pragma once

#include <string>

#include "config/config_error.hpp"

namespace p2p::config {

/// Calls `parse` and returns what it found wrong, a line a finding; empty when nothing.
template <class Parse>
std::string findings_of(Parse&& parse) {
  try {
    parse();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

}  // namespace p2p::config
