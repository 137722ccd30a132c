// Options that are set elsewhere than on the command line: by the environment, and by a file (--config). The command
// line goes before the environment, and the environment before the file.
//
// CLI11 can read both, too; but it takes bad values in silence or without saying where they stand, differently from
// release to release. Here each becomes a word of the command line that remembers where it comes from.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace p2p {

/// The name of the option that names the file.
inline constexpr const char* kConfigOption = "--config";

/// An option as the command line has it.
struct SaidOption {
  const CLI::Option* option;
  std::optional<std::string> value;
};

/// A value from elsewhere.
struct Setting {
  const CLI::Option* option;
  std::string value;
  std::string origin;  ///< "PEERPROCESS_PORT in the environment", "share.conf:3:1".
  bool in_file = false;
};

/// For all options of `app` that are not in `said`; those that are set in both places by the environment alone. Throws
/// ConfigError and ExitError (bad_configuration) for a file that cannot be read, or has a line that is no option.
std::vector<Setting> settings_beside(const CLI::App& app, const std::vector<SaidOption>& said);

/// As words to be put before those of the command line. Throws CLI::ValidationError for a flag that is neither true
/// nor false.
std::vector<std::string> words_for(const std::vector<Setting>& settings);

/// Those that a message about a command line names: what it says of them is to be mended where they come from.
std::vector<Setting> named_in(const std::string& message, const std::vector<Setting>& settings);

}  // namespace p2p
