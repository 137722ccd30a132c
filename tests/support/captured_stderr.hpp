// What is written to stderr for a while, in the place of the terminal.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace p2p::test {

class CapturedStderr {
 public:
  CapturedStderr() : file_(std::tmpfile()) {
    if (!file_) throw std::runtime_error("no file for what is captured");
    std::fflush(stderr);
    old_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~CapturedStderr() {
    std::fflush(stderr);
    ::dup2(old_, STDERR_FILENO);
    ::close(old_);
    std::fclose(file_);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  /// All that came since the last call.
  std::string take() {
    std::fflush(stderr);
    std::string text;
    char block[4096];
    while (const ssize_t n = ::pread(::fileno(file_), block, sizeof block, taken_)) {
      if (n < 0) throw std::runtime_error("what was captured cannot be read");
      text.append(block, static_cast<std::size_t>(n));
      taken_ += n;
    }
    return text;
  }

 private:
  std::FILE* file_;
  int old_ = -1;
  off_t taken_ = 0;
};

}  // namespace p2p::test
