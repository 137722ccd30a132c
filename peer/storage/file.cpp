#include "peer/storage/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

namespace p2p {

bool is_disk_full(const std::error_code& error) {
  // A quota has no name in std::errc.
  const bool over_quota = error.value() == EDQUOT &&
                          (error.category() == std::generic_category() || error.category() == std::system_category());
  return over_quota || error == std::errc::no_space_on_device || error == std::errc::file_too_large;
}

bool is_exhausted(const std::error_code& error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system ||
         error == std::errc::not_enough_memory;
}

bool something_is_at(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::uint32_t executable_mode(std::uint32_t mode, bool executable) {
  const std::uint32_t plain = (mode & 0777) | 0600;
  if (!executable) return plain & ~0111u;
  return (plain & 0100) != 0 ? plain : plain | (plain & 0444) >> 2;
}

void make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::is_directory(folder)) return;
  make_folders(folder.has_filename() ? folder.parent_path() : folder.parent_path().parent_path());
  if (::mkdir(folder.c_str(), 0777) != 0) {
    if (errno == EEXIST && std::filesystem::is_directory(folder)) return;
    throw std::system_error(errno, std::generic_category(), "make the folder " + folder.string());
  }
  struct stat status {};
  // Where the file system refuses it, the folder is what the file system wants it to be.
  if (::lstat(folder.c_str(), &status) == 0 && (status.st_mode & S_IRWXU) != S_IRWXU)
    (void)::chmod(folder.c_str(), (status.st_mode & 07777) | S_IRWXU);
}

void rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto fail = [&](int error) {
    throw std::system_error(error, std::generic_category(), "create " + to.string());
  };
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail(errno);
  // Some network file systems do not know this; there a second name is as good, and else a look before it is renamed.
  if (::link(from.c_str(), to.c_str()) == 0) {
    if (::unlink(from.c_str()) != 0) throw std::system_error(errno, std::generic_category(), "remove " + from.string());
    return;
  }
  if (something_is_at(to)) fail(EEXIST);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(errno);
}

void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int result = fd < 0 ? -1 : ::fsync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (result != 0) throw std::system_error(error, std::generic_category(), "sync " + folder.string());
}

File::File(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

File::File(std::filesystem::path path, Mode mode) : path_(std::move(path)) {
  const int flags = (mode == Mode::read_write ? O_RDWR : O_RDONLY) | (mode == Mode::read ? 0 : O_NOFOLLOW) | O_CLOEXEC;
  // A FIFO without a writer must not hold us up. A file with a lease is given up by its holder only to somebody who
  // waits.
  fd_ = ::open(path_.c_str(), flags | O_NONBLOCK);
  if (fd_ < 0 && errno == EWOULDBLOCK) fd_ = ::open(path_.c_str(), flags);
  if (fd_ < 0) fail("open", errno);
  struct stat status {};
  const bool seen = ::fstat(fd_, &status) == 0;
  if (seen && S_ISREG(status.st_mode)) return;
  const int error = !seen ? errno : S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  ::close(std::exchange(fd_, -1));
  if (error == EINVAL)
    throw std::system_error(error, std::generic_category(), "open " + path_.string() + ", which is no regular file");
  fail("open", error);
}

File File::create(std::filesystem::path path, bool executable) {
  File file(std::move(path), -1);
  file.fd_ = ::open(file.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0777 : 0666);
  if (file.fd_ < 0) file.fail("create", errno);
  file.let_owner_in();
  return file;
}

std::optional<File> File::create_at_once(const std::filesystem::path& path, std::span<const std::byte> bytes,
                                         Sync sync) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (fd < 0) return std::nullopt;
  File file(path, fd);
  file.let_owner_in();
  file.write_at(0, bytes);
  if (sync == Sync::yes) file.sync();
  if (::linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) ==
      0)
    return file;
  if (errno == EEXIST) file.fail("create", errno);
  return std::nullopt;  // no /proc, or a file system without such links
}

File File::create_with(std::filesystem::path path, std::span<const std::byte> bytes) {
  if (auto file = create_at_once(path, bytes)) return std::move(*file);
  File file = create(std::move(path));
  try {
    file.write_at(0, bytes);
  } catch (const std::system_error&) {
    ::unlink(file.path_.c_str());
    throw;
  }
  return file;
}

void File::let_owner_in() {
  constexpr std::uint32_t kOwners = S_IRUSR | S_IWUSR;
  // Where the file system refuses it, the file is what the file system wants it to be; the descriptor serves.
  if (const std::uint32_t bits = mode(); (bits & kOwners) != kOwners) (void)::fchmod(fd_, bits | kOwners);
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File::File(File&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

void File::fail(const char* operation, int error) const {
  throw std::system_error(error, std::generic_category(), std::string(operation) + " " + path_.string());
}

std::uint64_t File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("stat", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void File::preallocate(std::uint64_t bytes) {
  const auto length = static_cast<off_t>(bytes);
  const auto before = static_cast<off_t>(size());
  int result = 0;
  do result = length == 0 ? 0 : ::fallocate(fd_, 0, 0, length);
  while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
    const int error = errno;
    (void)!::ftruncate(fd_, before);  // some file systems keep what they had room for
    fail("reserve space for", error);
  }
  // Cuts what an earlier, longer file left, and gives the size where blocks cannot be reserved.
  if (::ftruncate(fd_, length) != 0) fail("resize", errno);
}

void File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      fail("write", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void File::write_sparsely_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  const auto is_zero = [&](std::size_t at) {
    const std::byte* const block = bytes.data() + at;
    // Nearly all that has bytes is told by the first one.
    return *block == std::byte{0} && std::memcmp(block, block + 1, kHoleAlignment - 1) == 0;
  };
  std::size_t written = 0;
  const auto first = static_cast<std::size_t>((kHoleAlignment - offset % kHoleAlignment) % kHoleAlignment);
  for (std::size_t at = first; at + kHoleAlignment <= bytes.size(); at += kHoleAlignment) {
    if (!is_zero(at)) continue;
    std::size_t end = at + kHoleAlignment;
    while (end + kHoleAlignment <= bytes.size() && is_zero(end)) end += kHoleAlignment;
    if (end - at >= kSmallestHole && punch_hole(offset + at, end - at)) {
      write_at(offset + written, bytes.subspan(written, at - written));
      written = end;
    }
    at = end - kHoleAlignment;
  }
  write_at(offset + written, bytes.subspan(written));
}

/// False where the file system has no holes, or for any other reason: then zeros are written, and a failure told.
bool File::punch_hole(std::uint64_t offset, std::uint64_t bytes) {
  int result = 0;
  do
    result = ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                         static_cast<off_t>(bytes));
  while (result != 0 && errno == EINTR);
  return result == 0;
}

std::size_t File::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t n = ::pread(fd_, bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(offset + filled));
    if (n == 0) break;
    if (n < 0) {
      if (errno == EINTR) continue;
      fail("read", errno);
    }
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

void File::truncate(std::uint64_t bytes) {
  if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) fail("resize", errno);
}

void File::sync() {
  if (::fdatasync(fd_) != 0) fail("sync", errno);
}

std::uint32_t File::mode() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("stat", errno);
  return status.st_mode & 07777;
}

void File::set_mode(std::uint32_t permissions) {
  if (::fchmod(fd_, permissions) != 0) fail("set the permissions of", errno);
}

File::Stamp File::stamp() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("stat", errno);
  return {static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace p2p
