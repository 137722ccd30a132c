// The files of a shared folder, as they lie there now.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace p2p {

/// A file at a moment. Two that are equal are the same bytes, as far as anybody can tell without reading them.
struct SeenFile {
  std::string name;          ///< Its path below the folder, parts separated by `/`: what others call it.
  std::uint64_t size = 0;    ///< Bytes.
  std::int64_t changed_ns = 0;  ///< Time of the last modification, nanoseconds since 1970.
  std::uint64_t inode = 0;
  bool executable = false;   ///< By its owner.

  friend auto operator<=>(const SeenFile&, const SeenFile&) = default;
};

/// What of a folder is not meant for others unless its owner says so.
struct Reserve {
  bool hidden = false;      ///< Offer names that begin with a dot.
  bool unreadable = false;  ///< Offer files that nobody but their owner may read, or that lie in a folder that nobody else may enter.
};

/// How many things were left out on purpose, by reason. A folder that is left out counts as one thing.
struct LeftOut {
  std::size_t hidden = 0;
  std::size_t unreadable = 0;
  std::size_t links = 0;
  std::size_t special = 0;  ///< Pipes, sockets, devices.
  std::size_t empty = 0;

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// "3 hidden (--hidden offers them), 1 link"; empty when there is nothing.
std::string describe(const LeftOut& left_out);

struct FolderScan {
  std::vector<SeenFile> files;
  std::set<std::string> refused;  ///< Sentences about what cannot be offered.
  LeftOut left_out = {};
};

/// What of a folder is none of what it offers: names below it.
using IsHidden = std::function<bool(const std::string& name)>;

/// Every regular file below `root` that a manifest can name, has bytes, is not hidden, and is meant for others by `reserve`.
/// Symbolic links are not followed, special files are left out. `on_folder` is called with each folder before it is read.
/// What disappears meanwhile is not there. Throws std::system_error when `root` itself cannot be read.
FolderScan scan_folder(const std::filesystem::path& root, const IsHidden& is_hidden, const Reserve& reserve,
                       const std::function<void(const std::filesystem::path&)>& on_folder);

/// The file that has this name now; none when there is no regular file. Throws nothing.
std::optional<SeenFile> see_file(const std::filesystem::path& root, const std::string& name);

/// What every shared folder hides: our own files, and contents that are not complete.
bool is_unfinished_or_ours(const std::filesystem::path& root, const std::string& name);

}  // namespace p2p
