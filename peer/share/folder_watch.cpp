#include "peer/share/folder_watch.hpp"

#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace p2p {
namespace {

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

}  // namespace

FolderWatch::FolderWatch(asio::io_context& io, std::function<void()> on_change) : events_(io), on_change_(std::move(on_change)) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) {
    spdlog::warn("no inotify: {}; the folder is looked at from time to time", std::strerror(errno));
    sees_everything_ = false;
    return;
  }
  events_.assign(descriptor);
  wait();
}

void FolderWatch::add(const std::filesystem::path& folder) {
  if (!events_.is_open() || ::inotify_add_watch(events_.native_handle(), folder.c_str(), kMask) >= 0) return;
  if (errno == ENOENT || errno == ENOTDIR) return;
  if (sees_everything_.exchange(false))
    spdlog::warn("cannot watch all folders: {}; they are looked at from time to time (see fs.inotify.max_user_watches)", std::strerror(errno));
}

void FolderWatch::wait() {
  events_.async_wait(asio::posix::stream_descriptor::wait_read, [this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    // Which events these are does not matter, and they are read away, not understood.
    std::array<char, 64 * 1024> bytes;
    while (::read(events_.native_handle(), bytes.data(), bytes.size()) > 0) continue;
    on_change_();
    wait();
  });
}

}  // namespace p2p
