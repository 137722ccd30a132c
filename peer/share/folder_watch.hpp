// Says when something in a tree of folders has changed, by inotify. A look finds out what it was (folder_scan.hpp),
// so an event that is lost or comes twice does no harm.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>

#include "peer/net/asio.hpp"

namespace p2p {

/// Whether a file system of this type (statfs) is on this machine and all changes go through its kernel, so that
/// inotify tells them. Of NFS, SMB, FUSE and all that we do not know it tells what this machine does, and nothing else.
bool tells_all_changes(std::uint64_t type);

class FolderWatch {
 public:
  /// `on_change` is called on the network thread, once for each batch of events.
  FolderWatch(asio::io_context& io, std::function<void()> on_change);

  /// Watches this folder from now on, not what is below it. Again: no effect. A folder that is gone is no longer
  /// watched. Called from any thread, one at a time.
  void add(const std::filesystem::path& folder);

  /// False: the system has no watches left, or none at all, or a folder is on a file system that does not tell all
  /// changes, so somebody has to look from time to time.
  bool sees_everything() const { return sees_everything_; }

 private:
  void wait();
  void look_at_file_system(const std::filesystem::path& folder);

  asio::posix::stream_descriptor events_;
  std::function<void()> on_change_;
  std::atomic<bool> sees_everything_{true};
  std::set<std::uint64_t> devices_;  ///< Whose file systems are known; of the thread that adds.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
