// The process' limits on piece bytes a second, and where its connections wait for their turn: the shell of RateLimit.
//
// There is one Throttle a direction and process, whatever the process exchanges and with how many. Only the payload of
// pieces is counted. Without a limit there is no Throttle, and nothing of this costs anything.
// Everything runs on the network thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "peer/ground/rates.hpp"
#include "peer/net/asio.hpp"
#include "protocol/rate_limit.hpp"

namespace p2p {

class Throttle : public std::enable_shared_from_this<Throttle> {
 public:
  /// One connection before the limit. Not more than one take at a time.
  class Meter {
   public:
    explicit Meter(std::shared_ptr<Throttle> throttle);
    ~Meter();

    /// How many of these bytes may be moved now, at once. 0: not yet, wait() for them. `wanted`: at least 1.
    std::uint32_t try_take(std::uint32_t wanted);
    /// After a try_take() that gave 0: waits for the turn, and returns as that. 0 after close().
    asio::awaitable<std::uint32_t> wait();
    asio::awaitable<std::uint32_t> take(std::uint32_t wanted);
    /// Bytes that were taken and not moved.
    void give_back(std::uint32_t bytes);
    /// Whoever waits goes on, with 0, and so does everybody who takes from now on.
    void close();

   private:
    friend class Throttle;

    std::shared_ptr<Throttle> throttle_;
    RateLimit::Ticket ticket_ = 0;  ///< While it stands in the line.
    std::uint32_t granted_ = 0;
    bool closed_ = false;
    asio::steady_timer wake_;  ///< Never expires; cancelling it wakes who waits.
  };

  Throttle(asio::any_io_executor executor, std::uint64_t rate);

 private:
  void pump();

  RateLimit limit_;
  std::unordered_map<RateLimit::Ticket, Meter*> line_;
  asio::steady_timer timer_;  ///< At limit_.next_deadline().
  Instant timer_at_ = kNever;
};

/// The limits of one process; null: none in that direction.
struct Limits {
  std::shared_ptr<Throttle> up, down;
  std::uint64_t down_rate = 0;  ///< Bytes a second; 0: no limit.
};

Limits make_limits(const asio::any_io_executor& executor, const Rates& rates);

}  // namespace p2p
