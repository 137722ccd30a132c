// Writing a small file so that nobody ever sees half of it.
#pragma once

#include <filesystem>
#include <string_view>

namespace p2p {

/// Creates the file, or replaces one that is there, with these bytes: under a temporary name in the same directory, on
/// disk, then renamed. On failure nothing is left and an old file stays as it was.
/// Not while other threads create files: it has to change the process's umask for a moment to know it.
/// Throws std::system_error whose text is "operation path: reason".
void replace_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace p2p
