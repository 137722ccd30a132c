// A subcommand of peerProcess: its words in the help of the whole, and what it does. Each has a file of its own, with
// its options, its own help, and what it runs; subcommands.cpp has the table.
#pragma once

#include <iostream>
#include <string_view>
#include <variant>

#include "peer/ground/exit_code.hpp"

namespace p2p {

struct Subcommand {
  std::string_view name;
  std::string_view help;     ///< Its lines in peerProcess --help.
  std::string_view example;  ///< Its lines in the overview, which is printed when there is no word at all.
  /// argv[1] is the name. Throws ConfigError, ExitError and std::system_error.
  ExitCode (*run)(int argc, const char* const* argv);
};

/// The usual Subcommand::run. `parse(argc, argv)` gives the options, or the code to exit with after --help or a usage
/// error, whose text has been printed; `run(options, out)` prints its result to `out`.
template <auto parse, auto run>
ExitCode parse_and_run(int argc, const char* const* argv) {
  const auto parsed = parse(argc, argv);
  if (const auto* const code = std::get_if<ExitCode>(&parsed)) return *code;
  return run(std::get<0>(parsed), std::cout);
}

}  // namespace p2p
