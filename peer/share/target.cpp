#include "peer/share/target.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <thread>

#include "peer/content/hash_files.hpp"
#include "peer/exit_code.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

/// Whether the path still leads to what is open; a process that completed its file has removed the journal.
bool is_same(int fd, const fs::path& path) {
  struct stat open {}, named {};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

}  // namespace

TargetLock::TargetLock(const fs::path& root) {
  std::error_code error;
  if (root.has_parent_path()) fs::create_directories(root.parent_path(), error);
  if (error) throw ExitError(is_disk_full(error) ? ExitCode::disk_full : ExitCode::io, "cannot make " + root.parent_path().string() + ": " + error.message());
  const fs::path journal(root.string() + ".journal");
  for (;;) {
    fd_ = ::open(journal.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0)
      throw ExitError(is_disk_full({errno, std::generic_category()}) ? ExitCode::disk_full : ExitCode::io,
                      "cannot make " + journal.string() + ": " + std::strerror(errno));
    const bool held = ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    // A file system without locks has none: then the user must see to it.
    if (!held && is_same(fd_, journal)) return;
    ::close(fd_);
    if (held) throw ExitError(ExitCode::io, "another process is fetching " + root.string());
  }
}

TargetLock::~TargetLock() { ::close(fd_); }

bool is_there(const fs::path& root, const config::Manifest& manifest, bool update, ProgressMode progress) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) throw ExitError(ExitCode::io, "cannot look at " + root.string() + ": " + error.message());
  if (!fs::is_regular_file(status)) throw ExitError(ExitCode::content_mismatch, root.string() + " is there, and no file");
  const std::uint64_t size = manifest.files.front().size;
  if (fs::file_size(root) == size) {
    const FileToHash file{root, size};
    const unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
    const HashedPieces found = hash_files(std::span(&file, 1), {manifest.piece_size, manifest.piece_hash, jobs, progress});
    if (found.cut_short.empty() && found.digests == manifest.digests) return true;
  }
  if (!update)
    throw ExitError(ExitCode::content_mismatch, root.string() + " is there and is something else; remove it, or say --update to make it this content");
  return false;
}

}  // namespace p2p
