// The options of every peer that is listed in PeerInfo.cfg, whatever it exchanges.
#pragma once

#include "peer/commands/exit_meaning.hpp"
#include "peer/node/run_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

inline constexpr ExitMeaning kRunExits[] = {
    {ExitCode::complete, "complete (see --exit-when)"},
    {ExitCode::unexpected, "unexpected"},
    {ExitCode::timeout, "--timeout passed"},
    {ExitCode::not_all_heard_of, "complete here, but not everybody was heard of (see --patience)"},
    {ExitCode::network, "network"},
    {ExitCode::interrupted, "interrupted by a signal"},
    {ExitCode::disk_full, "disk full"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::content_mismatch, "content mismatch"},
    {ExitCode::bad_configuration, "bad configuration"},
    {ExitCode::port_in_use, "port in use"},
    {ExitCode::not_authorised, "a key is missing, is not the one that is expected, or can be read by others"},
};

/// Adds them, --dir left out.
void add_run_options(CLI::App& app, RunOptions& options);
/// Some of these options do not go together. Throws CLI::ValidationError.
void check_run_options(const RunOptions& options);

}  // namespace p2p
