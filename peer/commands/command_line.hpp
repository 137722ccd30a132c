// The command line as checked values.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/run_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// Adds the options that every peer has, whatever it exchanges, --dir left out.
void add_run_options(CLI::App& app, RunOptions& options);
/// What these options may not be together. Throws CLI::ValidationError.
void check_run_options(const RunOptions& options);

/// Options to run with, or the code to exit with after --help, --version or a usage error, whose text has been printed.
std::variant<RunOptions, ExitCode> parse_command_line(int argc, const char* const* argv);

}  // namespace p2p
