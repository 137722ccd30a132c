// The file that `get` is to make: what is there already, and that nobody else is at it.
#pragma once

#include <filesystem>

#include "peer/content/known_manifest.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

/// Holds the journal beside a file until destroyed or the process ends, however it ends, so that two processes that fetch
/// the same file to the same place do not write over each other.
class TargetLock {
 public:
  /// Makes the folders above it. Throws ExitError (io) when another process holds it, or when it cannot be made.
  explicit TargetLock(const std::filesystem::path& root);
  ~TargetLock();
  TargetLock(const TargetLock&) = delete;
  TargetLock& operator=(const TargetLock&) = delete;

 private:
  int fd_;
};

/// Whether the complete file of this manifest is at `root`. Throws ExitError: content_mismatch when something else is there
/// and may not be changed (`update`), io when it cannot be read.
bool is_there(const std::filesystem::path& root, const config::Manifest& manifest, bool update, ProgressMode progress);

}  // namespace p2p
