#include "peer/status/recorder.hpp"

#include <utility>

namespace p2p {
namespace {

/// What came on top of `before`.
std::uint64_t more(std::uint64_t before, std::uint64_t after) { return after >= before ? after - before : after; }

}  // namespace

void StatusRecorder::on_event(const Event& event) {
  totals_.pieces_stored += std::holds_alternative<PieceStored>(event);
  totals_.pieces_rejected += std::holds_alternative<PieceRejected>(event);
  totals_.links_established += std::holds_alternative<LinkEstablished>(event);
  if (const auto* link = std::get_if<LinkClosed>(&event)) ++totals_.links_ended[static_cast<std::size_t>(link->kind)];
  if (const auto* stranger = std::get_if<StrangerClosed>(&event))
    ++totals_.links_ended[static_cast<std::size_t>(stranger->kind)];
}

void StatusRecorder::tick(const Traffic& traffic, const std::function<std::optional<Wait>()>& why, Instant now) {
  const Traffic news{more(last_.received, traffic.received), more(last_.sent, traffic.sent)};
  last_ = traffic;
  totals_.received_bytes += news.received;
  totals_.sent_bytes += news.sent;
  received_rate_.sample(totals_.received_bytes, now);
  sent_rate_.sample(totals_.sent_bytes, now);
  const Duration passed = now - std::exchange(looked_at_, now);
  if (news.received == 0)
    if (const auto wait = why()) waiting_[static_cast<std::size_t>(*wait)] += seconds(passed);
  this_second_ += news;
  end_seconds(now);
}

/// Where the process was away for several intervals, what came is spread over them.
void StatusRecorder::end_seconds(Instant now) {
  const auto whole = static_cast<std::uint64_t>((now - second_began_) / kInterval);
  if (whole == 0) return;
  const Traffic share{this_second_.received / whole, this_second_.sent / whole};
  for (std::uint64_t i = 0; i < whole && i < kIntervals; ++i) seconds_.push_back(share);
  while (seconds_.size() > kIntervals) seconds_.pop_front();
  this_second_ = {};
  second_began_ += static_cast<Duration::rep>(whole) * kInterval;
}

void StatusRecorder::fill(Status& status) const {
  status.totals = totals_;
  status.waiting = waiting_;
  status.received_rate = received_rate_.bytes_per_s();
  status.sent_rate = sent_rate_.bytes_per_s();
  for (const Traffic& second : seconds_) {
    status.history.received.push_back(static_cast<double>(second.received));
    status.history.sent.push_back(static_cast<double>(second.sent));
  }
}

}  // namespace p2p
