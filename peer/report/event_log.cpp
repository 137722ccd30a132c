#include "peer/report/event_log.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

// A burst of events goes out before it becomes large.
constexpr std::size_t kBlockBytes = 64 * 1024;
// So much is kept while the disk is full.
constexpr std::size_t kMostPending = 1u << 20;

/// Appends texts and numbers.
struct Appender {
  std::string& out;

  void put(std::string_view text) const { out.append(text); }
  void put(std::uint32_t number) const {
    char digits[10];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  void put(PeerId peer) const { put(peer.value); }
  void put(PieceIndex piece) const { put(piece.value); }

  template <class... Parts>
  bool operator()(const Parts&... parts) const {
    (put(parts), ...);
    return true;
  }
};

struct CourseLine {
  PeerId self;
  Appender line;

  bool operator()(const LinkEstablished& e) const {
    return line("Peer ", self,
                e.direction == Direction::dialed ? " makes a connection to Peer " : " is connected from Peer ", e.peer,
                ".");
  }
  bool operator()(const PreferredNeighborsChanged& e) const {
    line("Peer ", self, " has the preferred neighbors ");
    for (std::size_t i = 0; i < e.neighbors.size(); ++i) line(i == 0 ? "" : ",", e.neighbors[i]);
    return line(".");
  }
  bool operator()(const OptimisticNeighborChanged& e) const {
    return line("Peer ", self, " has the optimistically unchoked neighbor ", e.neighbor, ".");
  }
  bool operator()(const UnchokedBy& e) const { return line("Peer ", self, " is unchoked by ", e.peer, "."); }
  bool operator()(const ChokedBy& e) const { return line("Peer ", self, " is choked by ", e.peer, "."); }
  bool operator()(const HaveReceived& e) const {
    return line("Peer ", self, " received the ‘have’ message from ", e.peer, " for the piece ", e.piece, ".");
  }
  bool operator()(const InterestedReceived& e) const {
    return line("Peer ", self, " received the ‘interested’ message from ", e.peer, ".");
  }
  bool operator()(const NotInterestedReceived& e) const {
    return line("Peer ", self, " received the ‘not interested’ message from ", e.peer, ".");
  }
  bool operator()(const PieceStored& e) const {
    return line("Peer ", self, " has downloaded the piece ", e.piece, " from ", e.from,
                ". Now the number of pieces it has is ", e.count, ".");
  }
  bool operator()(const FileCompleted&) const { return line("Peer ", self, " has downloaded the complete file."); }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

int open_to_append(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

}  // namespace

bool append_course_line(PeerId self, const Event& event, std::string& out) {
  return std::visit(CourseLine{self, {out}}, event);
}

std::optional<std::string> course_line(PeerId self, const Event& event) {
  std::string line;
  if (!append_course_line(self, event, line)) return std::nullopt;
  return line;
}

EventLog::EventLog(std::filesystem::path path, PeerId self)
    : self_(self), path_(std::move(path)), file_(open_to_append(path_)) {
  if (file_ < 0) throw ExitError(ExitCode::io, "cannot write the log: " + path_.string() + ": " + std::strerror(errno));
}

void EventLog::reopen() {
  flush();
  const int file = open_to_append(path_);
  if (file < 0)
    return spdlog::error("cannot open the log anew: {}: {}; it goes on where it was", path_.string(),
                         std::strerror(errno));
  ::close(std::exchange(file_, file));
}

EventLog::~EventLog() {
  flush();
  ::close(file_);
}

/// The calendar is asked once a second.
void EventLog::append_time() {
  using namespace std::chrono;
  const auto since = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const std::int64_t second = since / 1000;
  if (second != second_of_) {
    const auto time = static_cast<std::time_t>(second);
    std::tm local{};
    ::localtime_r(&time, &local);
    char text[40];
    second_.assign(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S.", &local));
    second_of_ = second;
  }
  const auto ms = static_cast<unsigned>(since % 1000);
  const char rest[] = {static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10),
                       static_cast<char>('0' + ms % 10), ':', ' '};
  pending_.append(second_).append(rest, sizeof rest);
}

void EventLog::write(const Event& event) {
  if (pending_.size() >= kMostPending) return;
  const std::size_t before = pending_.size();
  append_time();
  if (!append_course_line(self_, event, pending_)) {
    pending_.resize(before);
    return;
  }
  pending_ += '\n';
  if (before < kBlockBytes && pending_.size() >= kBlockBytes) flush();
}

void EventLog::flush() {
  std::size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t n = ::write(file_, pending_.data() + written, pending_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (!failing_) spdlog::error("cannot write the log: {}", std::strerror(errno));
      break;
    }
    written += static_cast<std::size_t>(n);
  }
  failing_ = written < pending_.size();
  pending_.erase(0, written);
}

}  // namespace p2p
