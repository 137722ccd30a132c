#include "peer/commands/command_line.hpp"

#include <CLI/CLI.hpp>

#include "peer/discovery/discovery.hpp"
#include "peer/commands/subcommands.hpp"
#include "peer/commands/usage.hpp"

namespace p2p {
namespace {

constexpr const char* kFooter = R"(
Exit codes:
  0 complete (see --exit-when)           2 --timeout passed          6 network
  3 complete here; not everybody was heard of (see --patience)
  7 interrupted by a signal              9 disk full                17 input or output error
  28 usage                              32 content mismatch         64 bad configuration
  65 port in use                         1 unexpected

A signal is exit code 7, but 0 when the file is complete and --exit-when or --linger has the peer serve on.

A peer that was away while others finished and left cannot learn that they have the file: with --exit-when all it
waits for each that it has been connected with for --patience, and for those that never came until --timeout.
--exit-when self --linger 600 leaves all the same.

The peer's data is in peer_<ID>/ (or an existing <ID>/), its log in log_peer_<ID>.log.)";

/// The version, then what this build has and lacks, a line each.
std::string version_text() {
  return std::string("peerProcess " PEER_VERSION "\ndiscovery: ") + (no_discovery().empty() ? "OpenDHT" : "none (built without OpenDHT)");
}

}  // namespace

void add_run_options(CLI::App& app, RunOptions& options) {
  app.add_flag("--check", options.check, "Check configuration and folder, say what would happen, and exit");
  app.add_option("--pipeline", options.max_pipeline, "Most open requests on a connection; 1 asks for one piece at a time")
      ->check(CLI::Range(1u, 4096u).description("1 to 4096"))
      ->capture_default_str();
  add_progress_option(app, options.progress);
  add_limit_options(app, options.limits);
  app.add_flag("--fsync", options.sync, "Completion survives a loss of power: the content is on disk before it gets its name");
  add_log_level_option(app, options.log_level);
  app.add_option("--timeout", options.timeout_s, "Leave with exit code 2 after this many seconds, and say what is missing and why")
      ->check(CLI::Range(1u, 31'536'000u).description("1 to 31536000"));
  add_choice(app, "--exit-when",
             "When to leave: all (every peer has the file), self (we have it, and what others have asked for is sent), never (serve until a signal)",
             options.exit_when, {{"all", ExitWhen::all}, {"self", ExitWhen::self}, {"never", ExitWhen::never}});
  app.add_option("--patience", options.patience_s,
                 "How long a complete peer waits for those that left unfinished and do not come back, in seconds; 0 for ever; then exit code 3")
      ->check(CLI::Range(0u, 31'536'000u).description("0 to 31536000"))
      ->default_str(std::to_string(RunOptions::kDefaultPatience_s));
  app.add_option("--linger", options.linger_s, "Serve this many seconds more before leaving; not with --exit-when never")
      ->check(CLI::Range(0u, 31'536'000u).description("0 to 31536000"))
      ->capture_default_str();
}

void check_run_options(const RunOptions& options) {
  if (options.patience_s && options.exit_when != ExitWhen::all)
    throw CLI::ValidationError("--patience", "only --exit-when all waits for others, so there is nothing to be patient about");
  if (options.linger_s > 0 && options.exit_when == ExitWhen::never)
    throw CLI::ValidationError("--linger", "--exit-when never leaves at a signal only, so there is nothing to linger after");
}

std::variant<RunOptions, ExitCode> parse_command_line(int argc, const char* const* argv) {
  RunOptions options;
  CLI::App app{"peerProcess: exchanges one file with the peers of PeerInfo.cfg, without a tracker", "peerProcess"};
  app.footer(std::string(kSubcommandHelp) + kFooter);
  app.set_version_flag("--version", version_text());
  app.add_option("ID", options.peer_id, "This peer's ID in PeerInfo.cfg")->required()->check(CLI::Range(0u, 0x7fffffffu).description("0 to 2147483647"));
  app.add_option("--dir", options.directory, "Directory with Common.cfg and PeerInfo.cfg; data and log go there")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  add_run_options(app, options);
  if (const auto code = parse_words(app, words_from(1, argc, argv), [&] { check_run_options(options); })) return *code;
  return options;
}

}  // namespace p2p
