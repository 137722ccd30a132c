#include "protocol/rate_limit.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

std::uint32_t quantum_of(std::uint64_t rate) {
  const double bytes = static_cast<double>(rate) * seconds(RateLimit::kQuantum);
  return static_cast<std::uint32_t>(std::clamp<double>(bytes, RateLimit::kSmallestQuantum, RateLimit::kLargestQuantum));
}

}  // namespace

RateLimit::RateLimit(std::uint64_t rate, Instant now) : rate_(rate), quantum_(quantum_of(rate)), paid_(now) {
  P2P_ASSERT(rate >= 1 && rate <= kMostRate);
}

RateLimit::Ticket RateLimit::ask(std::uint32_t bytes) {
  P2P_ASSERT(bytes >= 1);
  line_.push_back({next_ticket_, bytes});
  return next_ticket_++;
}

void RateLimit::leave(Ticket ticket) {
  std::erase_if(line_, [ticket](const Waiter& waiter) { return waiter.ticket == ticket; });
}

std::optional<RateLimit::Grant> RateLimit::poll(Instant now) {
  if (line_.empty() || now < paid_) return std::nullopt;
  const Waiter first = line_.front();
  line_.pop_front();
  if (now - paid_ > kBurst) {
    paid_ = now - kBurst;
    remainder_ = 0;
  }
  const std::uint32_t bytes = std::min(first.bytes, quantum_);
  spend(bytes);
  return Grant{first.ticket, bytes};
}

void RateLimit::spend(std::int64_t bytes) {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  const auto rate = static_cast<std::int64_t>(rate_);
  const std::int64_t owed = bytes * kNanosecondsPerSecond + remainder_;
  std::int64_t whole = owed / rate;
  if (owed % rate < 0) --whole;
  paid_ += Duration(whole);
  remainder_ = owed - whole * rate;
}

}  // namespace p2p
