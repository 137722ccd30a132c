#include <cstdio>
#include <exception>
#include <iostream>

#include "config/config_error.hpp"
#include "config/text.hpp"
#include "peer/commands/classic_command.hpp"
#include "peer/commands/subcommand.hpp"
#include "peer/commands/subcommands.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/storage/store_error.hpp"

namespace {

int fail(p2p::ExitCode code, const char* message) {
  std::fprintf(stderr, "peerProcess: %s\n", p2p::config::printable_lines(message).c_str());
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  using p2p::ExitCode;
  try {
    if (const auto code = p2p::run_subcommand(argc, argv)) return static_cast<int>(*code);
    return static_cast<int>(p2p::parse_and_run<p2p::parse_classic, p2p::run_classic>(argc, argv));
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
