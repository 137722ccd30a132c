// The simulation's agenda: events in the order of their time, those of equal time in the order of their arrival, so
// that a run is the same every time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"

namespace p2p::sim {

/// Bytes that arrive together: control bytes, then payload. A few control bytes, such as a have, travel in the parcel
/// itself, because a large swarm sends little else; more of them wait in their stream.
struct Parcel {
  std::uint32_t control = 0;
  std::uint32_t payload = 0;
  bool carried = false;  ///< The control bytes are `bytes`, and there is no payload.
  std::array<std::byte, 15> bytes{};
};

/// What is due. The meaning of `subject`, `argument` and `parcel` is the kind's.
struct Event {
  enum class Kind : std::uint32_t {
    timer,        ///< subject: host
    uplink_free,  ///< subject: host
    deliver,      ///< subject: end that receives; parcel
    opened,       ///< subject: end that dialled
    refused,      ///< subject: host that dialled; argument: host that was dialled
    ended,        ///< subject: end that learns of it
    disk_done,    ///< subject: host; argument: the host's incarnation; piece
    script,       ///< subject: which step of the scenario
  };

  Instant at;
  std::uint64_t order = 0;
  Kind kind;
  std::uint32_t subject;
  std::uint32_t argument = 0;
  PieceIndex piece{};
  Parcel parcel{};

  friend bool operator<(const Event& a, const Event& b) { return a.at != b.at ? a.at < b.at : a.order < b.order; }
  friend bool operator>(const Event& a, const Event& b) { return b < a; }
};

/// A timing wheel: an event of the near future goes into the slot of its time, unsorted, and a slot is sorted when its
/// time comes; only what lies beyond the wheel, or in the slot that is being taken, goes into a heap.
class EventQueue {
 public:
  void add(Event event) {
    event.order = next_order_++;
    const std::int64_t slot = slot_of(event);
    if (slot > slot_ && slot < slot_ + kSlots) {
      wheel_[static_cast<std::size_t>(slot % kSlots)].push_back(event);
      ++on_wheel_;
    } else {
      heap_.push(event);
    }
  }

  bool empty() const { return due_at_ == due_.size() && on_wheel_ == 0 && heap_.empty(); }

  /// Precondition: not empty.
  Event take() {
    P2P_ASSERT(!empty());
    if (due_at_ == due_.size()) turn();
    if (due_at_ < due_.size() && (heap_.empty() || heap_.top() > due_[due_at_])) return due_[due_at_++];
    const Event event = heap_.top();
    heap_.pop();
    if (on_wheel_ == 0) slot_ = std::max(slot_, slot_of(event));
    return event;
  }

 private:
  static constexpr std::int64_t kSlots = 4096;
  static constexpr std::int64_t kSlot_ns = 1 << 16;

  static std::int64_t slot_of(const Event& event) { return event.at.time_since_epoch().count() / kSlot_ns; }

  /// Makes the next slot with events the one to take from.
  void turn() {
    due_.clear();
    due_at_ = 0;
    while (on_wheel_ > 0 && due_.empty()) due_.swap(wheel_[static_cast<std::size_t>(++slot_ % kSlots)]);
    on_wheel_ -= due_.size();
    std::sort(due_.begin(), due_.end());
  }

  std::uint64_t next_order_ = 0;
  std::vector<std::vector<Event>> wheel_ = std::vector<std::vector<Event>>(kSlots);  ///< By slot modulo kSlots.
  std::size_t on_wheel_ = 0;
  std::int64_t slot_ = 0;   ///< The slot that `due_` came from; the wheel holds later ones.
  std::vector<Event> due_;  ///< Sorted, taken up to `due_at_`.
  std::size_t due_at_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> heap_;
};

}  // namespace p2p::sim
