#include "peer/storage/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace p2p {
namespace {

/// The temporary file; gone when it was not kept.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& target) : target_(target), path_((target.parent_path() / ".peerProcess-XXXXXX").native()) {
    fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (fd_ < 0) {
      path_.clear();
      fail("create");
    }
    // mkostemp() gives it to its owner alone; others may read what a new file of theirs would let them.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd_, 0666 & ~mask) != 0) {
      const int error = errno;
      discard();
      errno = error;
      fail("set permissions of");
    }
  }
  ~Temporary() { discard(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) fail("write");
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd_) != 0) fail("write");
  }

  void keep() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("create");
    path_.clear();
  }

 private:
  /// The user knows the target's name, not the temporary one.
  [[noreturn]] void fail(const char* operation) const {
    throw std::system_error(errno, std::generic_category(), std::string(operation) + " " + target_.string());
  }

  void discard() {
    if (fd_ >= 0) ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
    fd_ = -1;
    path_.clear();
  }

  std::filesystem::path target_;
  std::string path_;
  int fd_ = -1;
};

}  // namespace

void replace_file(const std::filesystem::path& path, std::string_view bytes) {
  Temporary temporary(path);
  temporary.write(bytes);
  temporary.keep();
}

}  // namespace p2p
