// The simulation's agenda: events in the order of their time, those of equal time in the order of their arrival, so
// that a run is the same every time.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/clock.hpp"

namespace p2p::sim {

/// What is due. The meaning of `subject`, `control` and `payload` is the kind's.
struct Event {
  enum class Kind : std::uint32_t {
    timer,         ///< subject: host
    uplink_free,   ///< subject: host
    deliver,       ///< subject: end that receives; control, payload: bytes
    opened,        ///< subject: end that dialled
    refused,       ///< subject: host that dialled; control: host that was dialled
    ended,         ///< subject: end that learns of it
    disk_done,     ///< subject: host; control: piece; payload: the host's incarnation
    script,        ///< subject: which step of the scenario
  };

  Instant at;
  std::uint64_t order = 0;
  Kind kind;
  std::uint32_t subject;
  std::uint32_t control = 0;
  std::uint32_t payload = 0;

  friend bool operator>(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
};

/// Most events lie a constant latency ahead, so they arrive in order of time: those wait in a queue of their own,
/// where adding and taking cost nothing, and only the others in a heap.
class EventQueue {
 public:
  void add(Event event) {
    event.order = next_order_++;
    if (in_order_.empty() || event.at >= in_order_.back().at)
      in_order_.push_back(event);
    else
      heap_.push(event);
  }

  bool empty() const { return in_order_.empty() && heap_.empty(); }

  /// Precondition: not empty.
  Event take() {
    P2P_ASSERT(!empty());
    if (heap_.empty() || (!in_order_.empty() && heap_.top() > in_order_.front())) {
      const Event event = in_order_.front();
      in_order_.pop_front();
      return event;
    }
    const Event event = heap_.top();
    heap_.pop();
    return event;
  }

 private:
  std::uint64_t next_order_ = 0;
  std::deque<Event> in_order_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> heap_;
};

}  // namespace p2p::sim
