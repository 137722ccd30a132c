// The exit codes of a command, and how it may come to each: said in its help, its table and its man page.
#pragma once

#include <span>
#include <string_view>

#include "peer/ground/exit_code.hpp"

namespace p2p {

struct ExitMeaning {
  ExitCode code;
  std::string_view words;
};

using ExitMeanings = std::span<const ExitMeaning>;

}  // namespace p2p
