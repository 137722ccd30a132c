#include "peer/status/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace p2p {
namespace {

// Records that are copied at a time.
constexpr std::size_t kBatch = 64;

bool is_have(const EventRecord& record) {
  const auto* const event = std::get_if<Event>(&record.what);
  return event && std::holds_alternative<HaveReceived>(*event);
}

}  // namespace

std::uint64_t EventRing::add(EventRecord record) {
  const std::lock_guard lock(mutex_);
  record.seq = ++last_;
  if (!is_have(record)) {
    recent_.push_back(record);
    if (recent_.size() > kRecent) recent_.pop_front();
  }
  kept_.push_back(std::move(record));
  if (kept_.size() > kKept) kept_.pop_front();
  return last_;
}

std::uint64_t EventRing::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::uint64_t EventRing::first() const {
  const std::lock_guard lock(mutex_);
  return kept_.empty() ? 0 : kept_.front().seq;
}

std::vector<EventRecord> EventRing::from(std::uint64_t seq, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<EventRecord> records;
  if (kept_.empty()) return records;
  const std::uint64_t first = kept_.front().seq;
  const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(seq > first ? seq - first : 0, kept_.size()));
  const std::size_t count = std::min(most, kept_.size() - skip);
  const auto begin = kept_.begin() + static_cast<std::ptrdiff_t>(skip);
  records.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  return records;
}

std::vector<EventRecord> EventRing::recent() const {
  const std::lock_guard lock(mutex_);
  return {recent_.begin(), recent_.end()};
}

EventReader::EventReader(const EventRing& ring, std::uint64_t since) : ring_(ring), next_(since + 1) {
  if (since <= ring.last()) return;
  next_ = 1;
  restarted_ = true;
}

std::string EventReader::take(std::size_t most) {
  std::string text;
  while (text.size() < most) {
    const std::vector<EventRecord> records = ring_.from(next_, kBatch);
    if (records.empty()) break;
    const std::uint64_t first = records.front().seq;
    if (const bool restarted = std::exchange(restarted_, false); restarted || first > next_)
      text += sse_text({.seq = first - 1,
                        .time = records.front().time,
                        .content = nullptr,
                        .what = Note(Gap{first - next_, restarted})});
    for (const EventRecord& record : records) {
      text += sse_text(record);
      next_ = record.seq + 1;
      if (text.size() >= most) break;
    }
  }
  return text;
}

std::string sse_text(const EventRecord& record) {
  return "id: " + std::to_string(record.seq) + "\ndata: " + to_json(record) + "\n\n";
}

}  // namespace p2p
