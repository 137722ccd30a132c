#include "peer/commands/peer_options.hpp"

#include <CLI/CLI.hpp>
#include <string>

#include "peer/commands/status_options.hpp"
#include "peer/commands/usage.hpp"

namespace p2p {

void add_run_options(CLI::App& app, RunOptions& options) {
  app.add_flag("--check", options.check, "Check configuration and folder, say what would happen, and exit");
  app.add_option("--pipeline", options.max_pipeline,
                 "Most open requests on a connection; 1 asks for one piece at a time")
      ->check(in_range(1, 4096))
      ->capture_default_str();
  add_progress_option(app, options.progress);
  add_limit_options(app, options.limits);
  app.add_flag("--fsync", options.sync,
               "Completion survives a loss of power: the content is on disk before it gets its name");
  add_log_level_option(app, options.log_level);
  add_status_options(app, options.status);
  app.add_option("--timeout", options.timeout_s,
                 "Leave with exit code 2 after this many seconds, and say what is missing and why")
      ->check(in_range(1, 31'536'000));
  add_choice(app, "--exit-when",
             "When to leave: all (every peer has the file), self (we have it, and what others have asked for is sent), "
             "never (serve until a signal)",
             options.exit_when, {{"all", ExitWhen::all}, {"self", ExitWhen::self}, {"never", ExitWhen::never}});
  app.add_option("--patience", options.patience_s,
                 "How long a complete peer waits for those that left unfinished and do not come back, in seconds; 0 "
                 "for ever; then exit code 3")
      ->check(in_range(0, 31'536'000))
      ->default_str(std::to_string(RunOptions::kDefaultPatience_s));
  app.add_option("--linger", options.linger_s,
                 "Serve this many seconds more before leaving; not with --exit-when never")
      ->check(in_range(0, 31'536'000))
      ->capture_default_str();
}

void check_run_options(const RunOptions& options) {
  check_status_options(options.status, false);
  if (options.patience_s && options.exit_when != ExitWhen::all)
    throw CLI::ValidationError("--patience",
                               "only --exit-when all waits for others, so there is nothing to be patient about");
  if (options.linger_s > 0 && options.exit_when == ExitWhen::never)
    throw CLI::ValidationError("--linger",
                               "--exit-when never leaves at a signal only, so there is nothing to linger after");
}

}  // namespace p2p
