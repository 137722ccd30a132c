#include "peer/net/throttle.hpp"

#include <utility>

#include "peer/ground/clock.hpp"

namespace p2p {

Throttle::Throttle(asio::any_io_executor executor, std::uint64_t rate) : limit_(rate, now()), timer_(executor) {}

/// Grants what may be granted, and looks again when more may.
void Throttle::pump() {
  while (const auto grant = limit_.poll(now())) {
    const auto place = line_.find(grant->ticket);
    Meter& meter = *place->second;
    line_.erase(place);
    meter.granted_ = grant->bytes;
    meter.wake_.cancel();
  }
  const Instant deadline = limit_.next_deadline();
  if (deadline == timer_at_) return;
  timer_at_ = deadline;
  if (deadline == kNever) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([alive = weak_from_this()](const std::error_code& error) {
    const auto self = alive.lock();
    if (error || !self) return;
    self->timer_at_ = kNever;
    self->pump();
  });
}

Throttle::Meter::Meter(std::shared_ptr<Throttle> throttle)
    : throttle_(std::move(throttle)), wake_(throttle_->timer_.get_executor(), asio::steady_timer::time_point::max()) {}

Throttle::Meter::~Meter() { close(); }

std::uint32_t Throttle::Meter::try_take(std::uint32_t wanted) {
  if (closed_) return 0;
  ticket_ = throttle_->limit_.ask(wanted);
  throttle_->line_.emplace(ticket_, this);
  throttle_->pump();
  return std::exchange(granted_, 0);
}

asio::awaitable<std::uint32_t> Throttle::Meter::wait() {
  while (granted_ == 0 && !closed_) co_await wake_.async_wait(use_result);
  co_return std::exchange(granted_, 0);
}

asio::awaitable<std::uint32_t> Throttle::Meter::take(std::uint32_t wanted) {
  const std::uint32_t at_once = try_take(wanted);
  if (at_once > 0) co_return at_once;
  const std::uint32_t later = co_await wait();
  co_return later;
}

void Throttle::Meter::give_back(std::uint32_t bytes) {
  throttle_->limit_.give_back(bytes);
  throttle_->pump();
}

void Throttle::Meter::close() {
  if (std::exchange(closed_, true)) return;
  if (throttle_->line_.erase(ticket_) > 0) throttle_->limit_.leave(ticket_);
  throttle_->limit_.give_back(std::exchange(granted_, 0));
  wake_.cancel();
  throttle_->pump();
}

void Limits::set(asio::io_context& io, const Rates& rates) {
  rates_ = rates;
  if (rates.up) up_ = std::make_shared<Throttle>(io.get_executor(), *rates.up);
  if (rates.down) down_ = std::make_shared<Throttle>(io.get_executor(), *rates.down);
}

void Limits::shutdown() {
  up_.reset();
  down_.reset();
}

}  // namespace p2p
