// One who reads from a ByteSource as the server of plain URLs does: on a thread of his own, which sleeps until it is
// woken.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "peer/http/content_host.hpp"

namespace p2p::test {

class Wake {
 public:
  std::function<void()> call() {
    return [this] {
      const std::lock_guard lock(mutex_);
      woken_ = true;
      changed_.notify_all();
    };
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return woken_; });
    woken_ = false;
  }
  bool called() {
    const std::lock_guard lock(mutex_);
    return woken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

struct Read {
  std::string text;
  std::string fault;  ///< Empty: all was read.
};

/// All of the range, or what came until the reader failed; `block` bytes at a time. Waits.
inline Read read_range(ByteSource& source, std::uint64_t first, std::uint64_t count, std::size_t block = 64) {
  Read read;
  Wake wake;
  const auto reader = source.open(first, count, wake.call());
  std::vector<std::byte> buffer(block);
  while (read.text.size() < count) {
    const std::size_t wanted = std::min<std::uint64_t>(block, count - read.text.size());
    const ByteReader::Got got = reader->read(std::span(buffer).first(wanted));
    if (got.state == ByteReader::State::some)
      read.text.append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
    else if (got.state == ByteReader::State::waiting)
      wake.wait();
    else {
      read.fault = reader->fault();
      break;
    }
  }
  return read;
}

}  // namespace p2p::test
