// A disk that has no room, by the process's limit on file sizes: what would grow beyond it fails with EFBIG.
#pragma once

#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <stdexcept>

namespace p2p::test {

/// While it lives, no file of this process grows beyond `bytes`.
class FileLimit {
 public:
  explicit FileLimit(std::uint64_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    if (::getrlimit(RLIMIT_FSIZE, &old_) != 0) throw std::runtime_error("no limit of file sizes");
    rlimit lower = old_;
    lower.rlim_cur = bytes;
    if (::setrlimit(RLIMIT_FSIZE, &lower) != 0) throw std::runtime_error("the limit of file sizes cannot be set");
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace p2p::test
