// Small files as text: configuration, lists, manifests.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>

namespace p2p {

/// All bytes of a file that a user named, or the first `most`; it may be a pipe. Throws std::system_error, EISDIR for a
/// folder.
std::string read_text(const std::filesystem::path& path, std::size_t most = std::numeric_limits<std::size_t>::max());

/// The same where anything but a regular file is an error, and never waited for.
std::string read_regular_text(const std::filesystem::path& path);

}  // namespace p2p
