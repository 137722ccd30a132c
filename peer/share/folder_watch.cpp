#include "peer/share/folder_watch.hpp"

#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace p2p {
namespace {

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                                IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

// Magic numbers of statfs(2). A file system that is missing here costs looks, one that is wrong here costs changes.
constexpr std::uint64_t kLocal[] = {
    0x0000ef53,  // ext2, ext3, ext4
    0x58465342,  // XFS
    0x9123683e,  // Btrfs
    0x01021994,  // tmpfs
    0x858458f6,  // ramfs
    0x2fc12fc1,  // ZFS
    0xf2f52010,  // F2FS
    0xca451a4e,  // bcachefs
    0x3153464a,  // JFS
    0x52654973,  // ReiserFS
    0x00004d44,  // FAT
    0x2011bab0,  // exFAT
    0x7366746e,  // NTFS of the kernel
    0x00009660,  // ISO 9660
    0x15013346,  // UDF
    0x73717368,  // SquashFS
    0xe0f5e1e2,  // EROFS
};

}  // namespace

bool tells_all_changes(std::uint64_t type) { return std::ranges::find(kLocal, type) != std::end(kLocal); }

FolderWatch::FolderWatch(asio::io_context& io, std::function<void()> on_change)
    : events_(io), on_change_(std::move(on_change)) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) {
    spdlog::warn("no inotify: {}; the folder is looked at from time to time", std::strerror(errno));
    sees_everything_ = false;
    return;
  }
  events_.assign(descriptor);
  wait();
}

void FolderWatch::look_at_file_system(const std::filesystem::path& folder) {
  struct stat status {};
  struct statfs file_system {};
  if (::stat(folder.c_str(), &status) != 0 || !devices_.insert(status.st_dev).second ||
      ::statfs(folder.c_str(), &file_system) != 0)
    return;
  // The kernel's number has 32 bits, in a field that is signed.
  if (tells_all_changes(static_cast<std::uint32_t>(file_system.f_type)) || !sees_everything_.exchange(false)) return;
  spdlog::info(
      "{} is on a file system that does not report the changes of others, such as one on a network; the folder is "
      "looked at from "
      "time to time",
      folder.string());
}

void FolderWatch::add(const std::filesystem::path& folder) {
  look_at_file_system(folder);
  if (!events_.is_open() || ::inotify_add_watch(events_.native_handle(), folder.c_str(), kMask) >= 0) return;
  if (errno == ENOENT || errno == ENOTDIR) return;
  if (sees_everything_.exchange(false))
    spdlog::warn("cannot watch all folders: {}; they are looked at from time to time (see fs.inotify.max_user_watches)",
                 std::strerror(errno));
}

void FolderWatch::wait() {
  events_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
                       if (error || alive.expired()) return;
                       // Which events these are does not matter, and they are read away, not understood.
                       std::array<char, 64 * 1024> bytes;
                       while (::read(events_.native_handle(), bytes.data(), bytes.size()) > 0) continue;
                       on_change_();
                       wait();
                     });
}

}  // namespace p2p
