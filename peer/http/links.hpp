// Which connections there are, and whose time is over: a decision on virtual time.
//
// A connection is idle, until a request of it is whole; then it is at work, until the reply is sent. While it is at
// work it either waits for us or takes what it gets. Whoever is idle for too long goes; where there is no room, whoever
// has been idle for longest, so that who comes honestly, and asks at once, gets in.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"

namespace p2p {

class HttpLinks {
 public:
  /// Whoever is at work and has taken nothing for so long makes room, too, where nobody is idle.
  static constexpr Duration kStalled = std::chrono::seconds(10);

  /// A socket.
  using Id = int;

  /// A request is whole within `idle` from the beginning of the connection, or from the last reply's end, however
  /// slowly it trickles in.
  HttpLinks(std::size_t most, Duration idle) : most_(most), idle_(idle) {}

  /// One more; the one that has to make room for it, if there are too many.
  std::optional<Id> open(Id id, Instant now);
  void close(Id id) { links_.erase(id); }
  void on_request(Id id, Instant now) { set(id, State::takes, now); }
  /// It waits for us; from now on it has taken what there was.
  void on_waits(Id id, Instant now) { set(id, State::waits, now); }
  void on_takes(Id id, Instant now) { set(id, State::takes, now); }
  void on_replied(Id id, Instant now) { set(id, State::idle, now); }
  /// Those whose time is over, each once.
  std::vector<Id> overdue(Instant now);

  std::size_t size() const { return links_.size(); }

 private:
  enum class State : std::uint8_t { idle, takes, waits, ended };
  struct Link {
    State state;
    Instant since;
  };

  void set(Id id, State state, Instant now);

  std::size_t most_;
  Duration idle_;
  std::map<Id, Link> links_;
};

}  // namespace p2p
