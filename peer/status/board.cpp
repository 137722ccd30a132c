#include "peer/status/board.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "peer/ground/clock.hpp"
#include "peer/ground/random_seed.hpp"
#include "peer/status/status_json.hpp"

namespace p2p {
namespace {

std::string hexadecimal(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

/// Milliseconds are enough, and shorter.
double rounded(double time) { return std::round(time * 1000) / 1000; }

bool is_linked_first(const Status::Neighbor& one, const Status::Neighbor& other) {
  return std::pair(!one.linked, one.id) < std::pair(!other.linked, other.id);
}

}  // namespace

double unix_time() {
  return rounded(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
}

double unix_time(Instant at) { return rounded(unix_time() + seconds(at - now())); }

struct StatusBoard::Told {
  Phase phase;
  bool complete;
  std::optional<std::string> content;
  Instant at;

  bool is_of(const Status& status) const {
    return phase == status.state.phase && complete == status.state.complete && content == status.content.id;
  }
};

StatusBoard::StatusBoard(Who who, Post post, std::optional<int> json_events, std::optional<int> progress)
    : who_(std::move(who)),
      post_(std::move(post)),
      recorder_(now()),
      process_{.id = who_.peer,
               .mode = who_.mode,
               .address = who_.address,
               .version = who_.version,
               .pid = static_cast<int>(::getpid()),
               .run = hexadecimal(random_seed()),
               .started = unix_time()},
      since_(process_.started) {
  if (json_events) writer_.emplace(*json_events);
  if (progress) progress_.emplace(*progress);
  note(Started{process_.id, process_.mode, process_.run});
  publish();
}

StatusBoard::~StatusBoard() = default;

void StatusBoard::add(std::variant<Event, Note> what, const ContentName& content) {
  EventRecord record{.time = unix_time(), .content = content, .what = std::move(what)};
  if (!writer_) {
    ring_.add(std::move(record));
    return;
  }
  record.seq = ring_.add(record);
  writer_->write(record);
  flush_soon();
}

/// After what is ready now: a turn in which much happens is few writes.
void StatusBoard::flush_soon() {
  if (std::exchange(flush_due_, true)) return;
  post_([this] {
    flush_due_ = false;
    writer_->flush();
  });
}

void StatusBoard::set_source(std::function<void(Status&)> source) {
  over_ = !source;
  source_ = std::move(source);
}

void StatusBoard::tell(const Event& event, const ContentName& content) {
  recorder_.on_event(event);
  add(event, content);
}

void StatusBoard::note(Note note, const ContentName& content) { add(std::move(note), content); }

void StatusBoard::tick(Phase phase, const Traffic& traffic, const std::function<std::optional<Wait>()>& why) {
  enter(phase);
  recorder_.tick(traffic, why, now());
  if (writer_) writer_->flush();
}

void StatusBoard::tell_progress() {
  if (!progress_) return;
  const Instant at = now();
  const auto status = make();
  if (!told_ || !told_->is_of(*status) || at - told_->at >= kProgressInterval) {
    told_ = std::make_unique<Told>(Told{status->state.phase, status->state.complete, status->content.id, at});
    progress_->write(to_progress_json(*status));
  }
  progress_->flush();
}

void StatusBoard::enter(Phase phase) {
  if (phase == phase_ || left_) return;
  phase_ = phase;
  since_ = unix_time();
  note(PhaseChanged{phase});
}

void StatusBoard::leave(int code) {
  enter(Phase::leaving);
  if (std::exchange(left_, true)) return;
  note(Leaving{code});
}

void StatusBoard::publish() {
  asked_ = false;
  std::shared_ptr<const Status> made = over_ ? nullptr : make();
  std::function<void()> published;
  {
    const std::lock_guard lock(mutex_);
    if (made) latest_ = std::move(made);
    published = on_published_;
  }
  if (published) published();
}

/// The source first: it brings the numbers up to date.
std::shared_ptr<const Status> StatusBoard::make() {
  auto status = std::make_shared<Status>();
  status->content.kind = who_.kind;
  if (source_) source_(*status);
  status->time = unix_time();
  const auto address = status->peer.address;
  status->peer = process_;
  if (address) status->peer.address = address;
  status->peer.uptime = std::max(0.0, rounded(status->time - process_.started));
  status->state.phase = phase_;
  status->state.since = since_;
  status->state.exit_when = who_.exit_when;
  recorder_.fill(*status);
  std::ranges::stable_sort(status->neighbors, is_linked_first);
  if (status->neighbors.size() > kMostStatusNeighbors) status->neighbors.resize(kMostStatusNeighbors);
  const Status::Subject& content = status->content;
  if (!status->state.complete && status->received_rate > 0 && content.size > content.stored_bytes)
    status->state.eta = static_cast<double>(content.size - content.stored_bytes) / status->received_rate;
  status->first_event = ring_.first();
  status->last_event = ring_.last();
  status->recent = ring_.recent();
  return status;
}

std::shared_ptr<const Status> StatusBoard::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void StatusBoard::ask() {
  if (asked_.exchange(true)) return;
  post_([this] { publish(); });
}

void StatusBoard::on_published(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  on_published_ = std::move(call);
}

}  // namespace p2p
