#include "peer/node/reader_channel.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace p2p {
namespace {

bool reads_whole(const File& file, std::uint64_t place, std::span<std::byte> out) {
  try {
    return file.read_at(place, out) == out.size();
  } catch (const std::system_error&) {
    return false;
  }
}

bool is_as_it_was(const File& file, const File::Stamp& stamp) {
  try {
    return file.stamp() == stamp;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

ReaderChannel::ReaderChannel(Range range, std::uint64_t piece_size, std::function<void()> wake,
                             std::function<void()> tell)
    : range_(range),
      piece_size_(piece_size),
      tell_(std::move(tell)),
      place_(range.first),
      told_place_((range.first / piece_size + 1) * piece_size),
      wake_(std::move(wake)) {}

// --- the server's thread -------------------------------------------------------------------------------------------

ByteReader::Got ReaderChannel::read(std::span<std::byte> out) {
  using State = ByteReader::State;
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!fault_.empty()) return {State::failed};
    if (grant_.end <= place_) {
      waiting_ = true;
      return {State::waiting};
    }
    const Grant granted = grant_;
    const std::uint64_t version = version_, place = place_;
    lock.unlock();
    out = out.first(std::min<std::uint64_t>(out.size(), granted.end - place));
    const bool right = reads_whole(*granted.file, place, out) && still_right(granted, version);
    lock.lock();
    if (version != version_) continue;  // revoked while it was read
    if (!right) {
      grant_ = {};
      ++version_;
      doubts_ = waiting_ = true;
      tell_once();
      return {State::waiting};
    }
    place_ += out.size();
    // Where all is granted nobody needs to know how far it is.
    if (place_ >= told_place_ && grant_.end < range_.end) tell_once();
    return {State::some, out.size()};
  }
}

/// After a read: what was read is what was verified, unless the version is another one by now.
bool ReaderChannel::still_right(const Grant& granted, std::uint64_t version) {
  std::optional<File::Stamp> stamp = granted.stamp;
  if (!stamp) {
    // The file may have become complete while it was read.
    const std::lock_guard lock(mutex_);
    if (version == version_) stamp = grant_.stamp;
  }
  return !stamp || is_as_it_was(*granted.file, *stamp);
}

std::string ReaderChannel::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void ReaderChannel::leave() {
  {
    const std::lock_guard lock(wake_mutex_);
    wake_ = nullptr;
  }
  const std::lock_guard lock(mutex_);
  gone_ = true;
  grant_ = {};
  tell_once();
}

/// With the mutex.
void ReaderChannel::tell_once() {
  if (!std::exchange(told_, true)) tell_();
}

// --- the network thread --------------------------------------------------------------------------------------------

ReaderChannel::Look ReaderChannel::look() {
  const std::lock_guard lock(mutex_);
  told_ = false;
  told_place_ = (place_ / piece_size_ + 1) * piece_size_;
  return {.place = place_, .waiting = waiting_, .gone = gone_};
}

bool ReaderChannel::take_doubts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(doubts_, false);
}

void ReaderChannel::grant(Grant grant) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || !fault_.empty()) return;
    // What is being read is compared with how the file was when that was granted.
    if (grant_.stamp && grant.stamp != grant_.stamp) ++version_;
    grant_ = std::move(grant);
    if (grant_.end <= place_ || !std::exchange(waiting_, false)) return;
  }
  wake();
}

void ReaderChannel::revoke() {
  const std::lock_guard lock(mutex_);
  grant_ = {};
  ++version_;
}

void ReaderChannel::fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || !fault_.empty()) return;
    fault_ = why;
    grant_ = {};
    ++version_;
    if (!std::exchange(waiting_, false)) return;
  }
  wake();
}

void ReaderChannel::wake() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

}  // namespace p2p
