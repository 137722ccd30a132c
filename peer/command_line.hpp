// The command line as checked values.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "peer/clock.hpp"
#include "peer/exit_code.hpp"
#include "peer/report/progress.hpp"
#include "protocol/swarm/swarm.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// What to wait for before leaving by oneself.
enum class ExitWhen {
  all,    ///< Every peer has the file.
  self,   ///< We have it, and what others have asked for is sent.
  never,  ///< A signal.
};

struct Options {
  std::uint32_t peer_id = 0;
  std::filesystem::path directory = ".";
  bool check = false;
  std::uint32_t max_pipeline = SwarmConfig::kDefaultPipeline;
  ProgressMode progress = ProgressMode::automatic;
  bool sync = false;
  std::string log_level = "warn";
  std::optional<std::uint32_t> timeout_s;  ///< From `began` on.
  ExitWhen exit_when = ExitWhen::all;
  std::optional<std::uint32_t> patience_s;  ///< For neighbors that left unfinished, 0 for ever; with ExitWhen::all only.
  static constexpr std::uint32_t kDefaultPatience_s = 600;
  Instant began = now();       ///< When the command line was read.
  std::uint32_t linger_s = 0;  ///< How long to serve on after that; 0 with ExitWhen::never.

  /// When --timeout ends the process.
  std::optional<Instant> deadline() const { return timeout_s ? std::optional(began + std::chrono::seconds(*timeout_s)) : std::nullopt; }
};

/// Adds the options that every peer has, whatever it exchanges, --dir left out.
void add_run_options(CLI::App& app, Options& options);
/// What these options may not be together. Throws CLI::ValidationError.
void check_run_options(const Options& options);

/// Options to run with, or the code to exit with after --help, --version or a usage error, whose text has been printed.
std::variant<Options, ExitCode> parse_command_line(int argc, const char* const* argv);

}  // namespace p2p
