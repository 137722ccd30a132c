// How other threads wake the server's, each for a request of its own.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>

namespace p2p {

/// Any thread.
class HttpBell {
 public:
  /// Throws std::system_error.
  HttpBell();
  ~HttpBell();
  HttpBell(const HttpBell&) = delete;
  HttpBell& operator=(const HttpBell&) = delete;

  /// Can be read from while somebody has rung and was not taken.
  int descriptor() const { return descriptor_; }
  void ring(std::uint64_t ticket);
  /// Who has rung, each once; from here on nobody has.
  std::set<std::uint64_t> take();

 private:
  int descriptor_;
  std::mutex mutex_;
  std::set<std::uint64_t> rung_;
};

}  // namespace p2p
