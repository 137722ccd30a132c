// The manifests of a shared folder's files, kept in the folder `.peerProcess` inside of it, so that a restart does not
// hash again what has not changed. Where that folder cannot be written to, they are kept in memory and hashed again
// next time.
//
//   .peerProcess/<content id>.manifest   a manifest, as `peerProcess manifest` writes it
//   .peerProcess/index                   a line a file, JSON: its name and stamps, its content id, and the SHA-256 of a
//                                        file of one piece; the last line of a name counts
//
// The manifest of a file of one piece follows from its line. So a hundred thousand small files are one file here.
// Nothing in it is trusted beyond what it is: a manifest's SHA-256 is its name, or it is not used; a line that says
// nothing is left out. Network thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/folder_lock.hpp"

namespace p2p {

class ManifestCache {
 public:
  /// Without `on_disk` nothing is read or written, and any number of processes may share the folder. Else throws
  /// ExitError (io) when another one does.
  explicit ManifestCache(const std::filesystem::path& shared, bool on_disk = true);

  /// The content id of this very file, if it was hashed before.
  std::optional<ContentId> find(const SeenFile& file) const;
  /// The manifest of this very file. Null when it is not there or damaged.
  ManifestPtr load(const SeenFile& file) const;
  /// The SHA-256 of this file's bytes, if it is of one piece and is this content.
  std::optional<ContentId> digest_of(const std::string& name, const ContentId& id) const;
  /// Of what was hashed.
  void put(const HashedFile& hashed);
  /// Forgets what belongs to no file of these.
  void keep_only(const std::vector<SeenFile>& files);

 private:
  struct Known {
    SeenFile file;  ///< Without its name.
    ContentId id;
    std::optional<ContentId> digest;
  };
  const Known* known(const SeenFile& file) const;
  void read_index();
  void append(const std::string& lines);
  void stop_writing(const std::string& why);
  std::filesystem::path path_of(const ContentId& id) const;

  std::filesystem::path folder_;
  bool writable_ = true;
  std::optional<FolderLock> lock_;
  std::optional<File> index_file_;  ///< Open since the first line that was written.
  std::uint64_t index_bytes_ = 0;
  std::unordered_map<std::string, Known> index_;  ///< By name.
  std::map<ContentId, std::string> in_memory_;    ///< Those that could not be written.
};

}  // namespace p2p
