#include "peer/storage/folder_lock.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "peer/storage/store_error.hpp"

namespace p2p {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& rule)
    : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (fd_ < 0)
    throw StoreError(StoreFault::unusable, "cannot open the folder " + folder.string() + ": " + std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (error != EWOULDBLOCK) {
    // Some network file systems have no locks. Then the user must see to it.
    spdlog::warn("cannot lock the folder {}: {}; start no second process on it", folder.string(), std::strerror(error));
    return;
  }
  ::close(fd_);
  throw StoreError(StoreFault::unusable, "another process uses the folder " + folder.string() + "; " + rule);
}

FolderLock::~FolderLock() { ::close(fd_); }

}  // namespace p2p
