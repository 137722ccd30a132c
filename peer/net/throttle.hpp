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

    /// The most that one take gives.
    std::uint32_t quantum() const { return throttle_->quantum(); }
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

  std::uint32_t quantum() const { return limit_.quantum(); }

 private:
  void pump();

  RateLimit limit_;
  std::unordered_map<RateLimit::Ticket, Meter*> line_;
  asio::steady_timer timer_;  ///< At limit_.next_deadline().
  Instant timer_at_ = kNever;
};

/// The limits of the process. They live where everything else that its connections share does, in its one io_context:
/// asio::use_service<Limits>(io).
class Limits final : public asio::execution_context::service {
 public:
  using key_type = Limits;
  static inline asio::execution_context::id id;

  explicit Limits(asio::execution_context& context) : service(context) {}

  /// To be called before there are connections.
  void set(asio::io_context& io, const Rates& rates);

  /// Null: no limit in that direction.
  const std::shared_ptr<Throttle>& up() const { return up_; }
  const std::shared_ptr<Throttle>& down() const { return down_; }
  const Rates& rates() const { return rates_; }

 private:
  void shutdown() override;

  Rates rates_;
  std::shared_ptr<Throttle> up_, down_;
};

}  // namespace p2p
