// A cache on disk: a folder a network, in it a folder a content.
//
//   DIR/open/NETWORK/            of an open network; DIR/private/NETWORK/ of a private one
//     network                    a digest of name and secret: contents of one network never come into another
//     <content id>/              64 hexadecimal digits
//       manifest                 whose SHA-256 is the content id
//       about                    {"size": bytes of the whole content, "names": [under which it was asked for]}; its
//       time
//                                of change is when it was last read
//       bytes, bytes.part, bytes.journal   as a content of that name is kept everywhere (piece_store.hpp)
//
// Letters of a network's name that file names should not have stand as %XX. What else lies there is somebody else's: it
// is named once, and left alone. The folders are their owner's alone. Nothing here is trusted when it is found again: a
// manifest is one by its SHA-256, bytes are verified when they are opened.
// Blocking; network thread, but for manifest() and root_of(), which any may call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/keys/network.hpp"
#include "peer/storage/folder_lock.hpp"

namespace p2p {

class CacheFolder {
 public:
  /// A folder in it whose contents are not known by their ids yet (versions.hpp).
  static constexpr const char* kVersions = "versions";

  /// Makes what is missing, and holds the folder. Throws ExitError (io) when it cannot be used or is of another private
  /// network; StoreError when another process uses it.
  CacheFolder(const std::filesystem::path& cache, const Network& network);

  struct Found {
    ContentId id;
    std::uint64_t size;          ///< Of the whole content.
    std::uint64_t stored_bytes;  ///< As many as its files take on disk.
    bool complete;
    std::vector<std::string> names;
  };
  /// What earlier runs have left, the one first that was read longest ago. Warns of what is none of ours.
  std::vector<Found> contents() const;

  /// Where its bytes go; see PieceStore.
  std::filesystem::path root_of(const ContentId& id) const { return folder_of(id) / "bytes"; }
  /// Null when it is not here, or damaged.
  ManifestPtr manifest(const ContentId& id) const;
  /// Writes its manifest, in the place of one that is there, and note(). Throws std::system_error.
  void keep(const KnownManifest& known, const std::vector<std::string>& names);
  /// It was read just now, and asked for under these names, besides those that are known. `size`: of the whole content.
  /// Throws std::system_error.
  void note(const ContentId& id, std::uint64_t size, const std::vector<std::string>& names);
  /// It was read just now. Failures are no matter.
  void touch(const ContentId& id) const;
  /// Removes what is ours of it, as far as that can be done; warns of what stays. Nothing has it open.
  void remove(const ContentId& id) const;

  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_of(const ContentId& id) const;
  std::optional<Found> look(const ContentId& id) const;

  std::filesystem::path folder_;
  std::optional<FolderLock> lock_;
};

/// $XDG_CACHE_HOME/peerProcess, or ~/.cache/peerProcess. Throws ExitError (io) where there is neither.
std::filesystem::path usual_cache();

}  // namespace p2p
