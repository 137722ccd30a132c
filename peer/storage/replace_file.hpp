// Writing a small file so that nobody ever sees half of it.
#pragma once

#include <filesystem>
#include <string_view>

namespace p2p {

enum class Durability {
  on_disk,    ///< It survives a loss of power.
  in_memory,  ///< It survives the end of the process.
};

/// Creates the file at once, or replaces a regular one that is there and keeps its permissions: under a temporary name
/// in the same directory, then renamed. On failure nothing is left and an old file stays as it was; a symbolic link, a
/// folder or a special file is never replaced. Only a kill -9 can leave the temporary file: see is_leftover(). Throws
/// std::system_error whose text is "operation path: reason".
void replace_file(const std::filesystem::path& path, std::string_view bytes,
                  Durability durability = Durability::on_disk);

/// Whether a regular file is there that replace_file() made and did not rename: its name says what its bytes are, so
/// that no file of the user's is taken for one. False for one that was killed in the middle of being written, which
/// only a file system without nameless files allows. Throws nothing.
bool is_leftover(const std::filesystem::path& path);

}  // namespace p2p
