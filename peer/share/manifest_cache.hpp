// The manifests of a shared folder's files, kept in the folder `.peerProcess` inside of it, so that a restart does not
// hash again what has not changed. Where that folder cannot be written to, they are kept in memory and hashed again
// next time.
//
//   .peerProcess/<content id>.manifest   a manifest, as `peerProcess manifest` writes it
//   .peerProcess/index                   a line a file, JSON: its name and stamps, and its content id; the last line
//   counts
//
// Nothing in it is trusted beyond what it is: a manifest's SHA-256 is its name, or it is not used; a line that says
// nothing is left out. Network thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/storage/folder_lock.hpp"

namespace p2p {

class ManifestCache {
 public:
  /// Throws ExitError (io) when another process shares the folder.
  explicit ManifestCache(const std::filesystem::path& shared);

  /// The content id of this very file, if it was hashed before.
  std::optional<ContentId> find(const SeenFile& file) const;
  /// Null when it is not there or damaged.
  ManifestPtr load(const ContentId& id) const;
  void put(const SeenFile& file, const ContentId& id, const std::string& text);
  /// Forgets what belongs to no file of these.
  void keep_only(const std::vector<SeenFile>& files);

 private:
  void read_index();
  void append(const std::string& lines) const;
  void stop_writing(const std::string& why);
  std::filesystem::path path_of(const ContentId& id) const;

  std::filesystem::path folder_;
  bool writable_ = true;
  std::optional<FolderLock> lock_;
  std::map<SeenFile, ContentId> index_;
  std::map<ContentId, std::string> in_memory_;  ///< Those that could not be written.
};

}  // namespace p2p
