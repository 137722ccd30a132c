#include "peer/commands/read_config.hpp"

#include <system_error>

#include "peer/ground/exit_code.hpp"
#include "peer/storage/read_text.hpp"

namespace p2p {

std::string read_config(const std::filesystem::path& path, const std::string& hint,
                        const std::optional<std::string>& absent) {
  try {
    return read_text(path);
  } catch (const std::system_error& error) {
    if (absent && error.code() == std::errc::no_such_file_or_directory) return *absent;
    throw ExitError(ExitCode::bad_configuration, path.string() + ": cannot be read: " + error.code().message() + hint);
  }
}

}  // namespace p2p
