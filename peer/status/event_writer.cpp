#include "peer/status/event_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

constexpr std::size_t kFileBlock = 64 * 1024;
constexpr int kPatience_ms = 2000;
// Written parts are cut off when they are as large as this.
constexpr std::size_t kWorthCutting = 64 * 1024;

bool is_writable(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

EventWriter::EventWriter(int descriptor) : descriptor_(descriptor), block_(PIPE_BUF) {
  if (!is_writable(descriptor))
    throw ExitError(ExitCode::usage, "--json-events: descriptor " + std::to_string(descriptor) +
                                         " is not open for writing; open it, as in --json-events=3 3>FILE");
  struct stat about {};
  if (::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode)) block_ = kFileBlock;
}

EventWriter::~EventWriter() { flush(kPatience_ms); }

void EventWriter::write(const EventRecord& record) {
  if (broken_) return;
  if (waiting_.size() - written_ >= kMostWaiting) {
    ++missed_;
    return;
  }
  if (const std::uint64_t missed = std::exchange(missed_, 0); missed > 0)
    waiting_ +=
        to_json({.seq = record.seq - 1, .time = record.time, .content = nullptr, .what = Note(Gap{missed, false})}) +
        '\n';
  waiting_ += to_json(record);
  waiting_ += '\n';
}

void EventWriter::write(const std::string& lines) {
  if (!broken_ && waiting_.size() - written_ < kMostWaiting) waiting_ += lines;
}

bool EventWriter::wait_for_room(int patience_ms) const {
  pollfd poll{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  return ::poll(&poll, 1, patience_ms) > 0;
}

void EventWriter::flush(int patience_ms) {
  while (!broken_ && written_ < waiting_.size() && wait_for_room(patience_ms)) {
    const ssize_t n = ::write(descriptor_, waiting_.data() + written_, std::min(block_, waiting_.size() - written_));
    if (n > 0) {
      written_ += static_cast<std::size_t>(n);
    } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
      spdlog::warn("nobody reads descriptor {} any more: {}", descriptor_, std::strerror(errno));
      broken_ = true;
    } else if (n < 0 && errno == EAGAIN) {
      break;
    }
  }
  if (written_ < waiting_.size() && written_ < kWorthCutting) return;
  waiting_.erase(0, written_);
  written_ = 0;
}

}  // namespace p2p
