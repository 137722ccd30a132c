// What a user says of how a peer runs. Absent: how it is said (peer/commands/peer_options.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "peer/ground/clock.hpp"
#include "peer/ground/rates.hpp"
#include "peer/report/progress_line.hpp"
#include "peer/status/status_place.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// What to wait for before leaving by oneself.
enum class ExitWhen {
  all,    ///< Every peer has the file.
  self,   ///< We have it, and what others have asked for is sent.
  never,  ///< A signal.
};

/// As --exit-when has it.
constexpr const char* word_of(ExitWhen when) {
  return when == ExitWhen::all ? "all" : when == ExitWhen::self ? "self" : "never";
}

/// How a peer runs, whatever it exchanges: the options that all such commands have.
struct RunOptions {
  std::uint32_t peer_id = 0;
  std::filesystem::path directory = ".";
  bool check = false;
  std::uint32_t max_pipeline = SwarmConfig::kDefaultPipeline;
  ProgressMode progress = ProgressMode::automatic;
  Rates limits = {};
  bool sync = false;
  std::string log_level = "warn";
  std::optional<std::uint32_t> timeout_s;  ///< From `began` on.
  ExitWhen exit_when = ExitWhen::all;
  std::optional<std::uint32_t>
      patience_s;  ///< For neighbors that left unfinished, 0 for ever; with ExitWhen::all only.
  static constexpr std::uint32_t kDefaultPatience_s = 600;
  Instant began = now();  ///< When the command line was read.
  StatusOptions status = {};
  std::uint32_t linger_s = 0;  ///< How long to serve on after that; 0 with ExitWhen::never.

  /// When --timeout ends the process.
  std::optional<Instant> deadline() const {
    return timeout_s ? std::optional(began + std::chrono::seconds(*timeout_s)) : std::nullopt;
  }
};

}  // namespace p2p
