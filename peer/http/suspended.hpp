// Requests that wait: their connections are suspended, and hold nothing but their place.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "protocol/clock.hpp"

struct MHD_Connection;

namespace p2p {

class Suspended {
 public:
  struct Waiting {
    MHD_Connection* connection;
    int socket;
    bool* is_gone;  ///< Set when its client has ended the connection meanwhile, or its half of it.
    Instant until;
  };

  /// Throws std::system_error.
  Suspended();
  ~Suspended();
  Suspended(const Suspended&) = delete;
  Suspended& operator=(const Suspended&) = delete;

  bool empty() const { return waiting_.empty(); }
  /// Of the first that need not wait any longer; kNever: of none.
  Instant next() const { return by_time_.empty() ? kNever : by_time_.begin()->first; }
  /// Can be read from when a client has gone.
  int descriptor() const { return clients_; }

  /// Suspends it.
  void add(std::uint64_t ticket, const Waiting& waiting);
  /// Whoever has rung, whose time has come, and whose client has gone, goes on.
  void resume(const std::set<std::uint64_t>& rung, Instant now);
  void resume_all();

 private:
  using Place = std::map<std::uint64_t, Waiting>::iterator;

  void resume(Place place);

  int clients_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::set<std::pair<Instant, std::uint64_t>> by_time_;
};

}  // namespace p2p
