// One process a folder.
#pragma once

#include <filesystem>
#include <string>

namespace p2p {

/// Holds a folder until destroyed or the process ends, however it ends. The lock is on the folder itself, so that one
/// that cannot be written to can be held, too, and nothing is left behind.
class FolderLock {
 public:
  /// Throws StoreError when another process holds it, or when it cannot be opened.
  /// `rule`: which process may hold it, for the message.
  FolderLock(const std::filesystem::path& folder, const std::string& rule);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace p2p
