#include "peer/storage/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace p2p {

bool is_disk_full(const std::error_code& error) {
  return error == std::errc::no_space_on_device || error == std::errc::file_too_large || error == std::error_code(EDQUOT, std::generic_category());
}

bool is_exhausted(const std::error_code& error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system || error == std::errc::not_enough_memory;
}

void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int result = fd < 0 ? -1 : ::fsync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (result != 0) throw std::system_error(error, std::generic_category(), "sync " + folder.string());
}

File::File(std::filesystem::path path, Mode mode) : path_(std::move(path)) {
  const int flags = mode == Mode::read ? O_RDONLY : O_RDWR | O_CREAT;
  fd_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0644);
  if (fd_ < 0) fail("open", errno);
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
  int result = 0;
  do result = length == 0 ? 0 : ::fallocate(fd_, 0, 0, length);
  while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) fail("reserve space for", errno);
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

void File::set_mode(std::uint32_t permissions) {
  if (::fchmod(fd_, permissions) != 0) fail("set the permissions of", errno);
}

File::Stamp File::stamp() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("stat", errno);
  return {static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

void File::rename_to(const std::filesystem::path& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) fail("rename", errno);
  path_ = path;
}

}  // namespace p2p
