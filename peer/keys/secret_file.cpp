#include "peer/keys/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

// Keys have about 120 bytes, with comments some more.
constexpr std::size_t kLargest = 64 << 10;
constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;
constexpr uid_t kRoot = 0;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(ExitCode code, const std::filesystem::path& file, const std::string& why) {
  throw ExitError(code, file.string() + ": " + why);
}

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail(is_full ? ExitCode::disk_full : ExitCode::io, file, what + ": " + std::generic_category().message(error));
}

std::string octal(mode_t mode) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%03o", static_cast<unsigned>(mode & 0777));
  return digits;
}

/// 0, or the errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// A key that is lost with the power would lock its owner out. Some file systems cannot do this with folders.
void sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.is_open()) (void)::fsync(opened.get());
}

/// Users give the secret itself where its file is expected, most of all in environment variables. A token, or a line of
/// a network, is long and has no ending, and if there are slashes in it, they lead through no folder.
bool may_be_the_secret(const std::filesystem::path& word) {
  constexpr std::size_t kShortestSecret = 16;
  if (word.native().size() < kShortestSecret || word.has_extension()) return false;
  const std::filesystem::path folder = word.parent_path();
  std::error_code ignored;
  return !folder.has_relative_path() || (word.is_relative() && !std::filesystem::is_directory(folder, ignored));
}

}  // namespace

bool is_for_us_alone(mode_t mode, uid_t owner, uid_t us) {
  const bool is_handed_to_us = owner == kRoot && us != kRoot;
  return (mode & kOfOthers & ~(is_handed_to_us ? S_IRGRP : mode_t{0})) == 0;
}

SecretText read_secret_file(const std::filesystem::path& file, const SecretFileKind& kind) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) {
      if (may_be_the_secret(file))
        throw ExitError(
            ExitCode::not_authorised,
            "expected the name of a " + kind.what +
                ", got one that no file has; it is not repeated here, because it may be the secret itself; " +
                kind.if_absent);
      fail(ExitCode::not_authorised, file, "there is no such " + kind.what + "; " + kind.if_absent);
    }
    fail(file, "cannot be read", errno);
  }
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) fail(file, "cannot be read", errno);
  if (!S_ISREG(status.st_mode)) fail(ExitCode::not_authorised, file, "is no regular file, expected a " + kind.what);
  if (!is_for_us_alone(status.st_mode, status.st_uid, ::geteuid()))
    fail(ExitCode::not_authorised, file,
         "others than its owner may use this " + kind.what + " (mode " + octal(status.st_mode) +
             "), expected mode 600: chmod 600 " + file.string());
  if (static_cast<std::uint64_t>(status.st_size) > kLargest)
    fail(ExitCode::not_authorised, file,
         "has " + std::to_string(status.st_size) + " bytes, which is too much for a " + kind.what +
             ", expected at most " + std::to_string(kLargest));

  SecretText text(static_cast<std::size_t>(status.st_size));
  std::span<char> left = text.characters();
  while (!left.empty()) {
    const ssize_t n = ::read(opened.get(), left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(file, "cannot be read", errno);
    if (n == 0) break;
    left = left.subspan(static_cast<std::size_t>(n));
  }
  text.cut(text.view().size() - left.size());
  return text;
}

SecretText read_secret_line(int descriptor, const std::string& origin) {
  constexpr std::size_t kMost = 4096;
  SecretText line(kMost);
  std::size_t size = 0;
  while (size < kMost) {
    char& next = line.characters()[size];
    const ssize_t n = ::read(descriptor, &next, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(origin, "cannot be read", errno);
    if (n == 0 || next == '\n') break;
    ++size;
  }
  line.cut(size);
  return line;
}

void write_new_secret_file(const std::filesystem::path& file, std::string_view text, const SecretFileKind& kind) {
  constexpr mode_t kMode = S_IRUSR | S_IWUSR;
  const Descriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, kMode));
  if (!made.is_open()) {
    if (errno == EEXIST) fail(ExitCode::io, file, "is there already and stays as it is; " + kind.if_there);
    fail(file, "cannot be made", errno);
  }
  const auto take_back = [&] { ::unlink(file.c_str()); };
  struct stat status {};
  if (::fchmod(made.get(), kMode) != 0 || ::fstat(made.get(), &status) != 0 || (status.st_mode & kOfOthers) != 0) {
    take_back();
    fail(ExitCode::io, file,
         "its file system cannot keep others from reading a " + kind.what +
             "; expected a folder on one that has permissions");
  }
  if (const int error = write_all(made.get(), text); error != 0) {
    take_back();
    fail(file, "cannot be written", error);
  }
  sync_folder_of(file);
}

}  // namespace p2p
