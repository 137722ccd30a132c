#include <cstdio>
#include <iostream>
#include <string>

#include "config/config_error.hpp"
#include "config/text.hpp"
#include "peer/commands/check.hpp"
#include "peer/commands/command_line.hpp"
#include "peer/commands/classic_command.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/name_check.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/commands/setup.hpp"
#include "peer/commands/subcommands.hpp"

namespace {

p2p::ExitCode run(const p2p::RunOptions& options) {
  const p2p::Setup setup = p2p::load_setup(options.directory, options.peer_id);
  if (options.check) {
    p2p::check(setup, std::cout, p2p::unresolved);
    return p2p::ExitCode::complete;
  }
  return p2p::run_daemon(setup, options);
}

int fail(p2p::ExitCode code, const char* message) {
  std::fprintf(stderr, "peerProcess: %s\n", p2p::config::printable_lines(message).c_str());
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  using p2p::ExitCode;
  try {
    if (const auto subcommand = p2p::parse_subcommand(argc, argv)) return static_cast<int>(p2p::run_subcommand(*subcommand));
    const auto parsed = p2p::parse_command_line(argc, argv);
    if (const auto* code = std::get_if<ExitCode>(&parsed)) return static_cast<int>(*code);
    const auto& options = std::get<p2p::RunOptions>(parsed);
    p2p::start_diagnostics("peer " + std::to_string(options.peer_id), options.log_level);
    return static_cast<int>(run(options));
  } catch (const p2p::config::ConfigError& error) {
    // The findings stand alone, so that editors find their places.
    std::fprintf(stderr, "%s\n", p2p::config::printable_lines(error.what()).c_str());
    return static_cast<int>(ExitCode::bad_configuration);
  } catch (const p2p::ExitError& error) {
    return fail(error.code(), error.what());
  } catch (const p2p::StoreError& error) {
    return fail(p2p::exit_code(error.fault()), error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::unexpected, error.what());
  }
}
