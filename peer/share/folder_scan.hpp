// The files of a shared folder, as they lie there now.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "peer/share/seen_file.hpp"

namespace p2p {

/// Parts of a folder that are not meant for others unless its owner says so.
struct Reserve {
  bool hidden = false;  ///< Offer names that begin with a dot.
  bool unreadable =
      false;  ///< Offer files that nobody but their owner may read, or that lie in a folder that nobody else may enter.
  bool links = false;  ///< Offer symbolic links to files that are offered themselves, as copies of those.
};

/// "3 hidden (--hidden offers them), 1 link"; empty when there is nothing.
std::string describe(const LeftOut& left_out);

/// Says of a name below the folder whether it is never offered.
using IsHidden = std::function<bool(const std::string& name)>;

/// Every regular file below `root` that a manifest can name, is not hidden, and is meant for others by
/// `reserve`. Symbolic links to folders are not followed, special files are left out. `on_folder` is called with each
/// folder before it is read. A file that disappears meanwhile is left out. Throws std::system_error when `root` itself
/// cannot be read.
FolderScan scan_folder(const std::filesystem::path& root, const IsHidden& is_hidden, const Reserve& reserve,
                       const std::function<void(const std::filesystem::path&)>& on_folder);

/// A file, and the place of its bytes.
struct PlacedFile {
  SeenFile seen;
  std::filesystem::path path;  ///< No part below the root was a symbolic link, so that none can be turned elsewhere.
};

/// The file that has this name now; none when there is no regular file. With `follow_links` a symbolic link has the
/// bytes of the regular file below `root` that it leads to, and is nothing when it leads elsewhere. Throws nothing.
std::optional<PlacedFile> find_file(const std::filesystem::path& root, const std::string& name, bool follow_links);

/// The same, without the place.
std::optional<SeenFile> see_file(const std::filesystem::path& root, const std::string& name, bool follow_links = false);

/// Every shared folder hides our own files, and contents that are not complete.
bool is_unfinished_or_ours(const std::filesystem::path& root, const std::string& name);

}  // namespace p2p
