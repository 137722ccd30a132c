#include "protocol/swarm/farewell.hpp"

namespace p2p {

bool Farewell::is_over(bool complete, const Neighborhood& neighborhood, Instant now) {
  if (!complete) complete_since_ = kNever;
  if (complete && patience_ > Duration::zero()) patience_at_ = now;
  if (!has_end_ || over_ || !complete || !neighborhood.all_complete()) {
    leave_at_ = kNever;
    return false;
  }
  leave_at_ = std::min(leave_at_, now + kGrace);
  if (!neighborhood.all_linked_or_told() && now < leave_at_) return false;
  leave_at_ = kNever;
  return over_ = true;
}

bool Farewell::out_of_patience(bool complete, const Neighborhood& neighborhood, Instant now) {
  patience_at_ = kNever;
  if (!complete || !has_end_ || over_ || out_of_patience_) return false;
  complete_since_ = std::min(complete_since_, now);
  const auto unseen_since = neighborhood.all_unseen_since();
  if (!unseen_since || *unseen_since == kNever) return false;
  patience_at_ = std::max(*unseen_since, complete_since_) + patience_;
  if (now < patience_at_) return false;
  patience_at_ = kNever;
  return out_of_patience_ = true;
}

void Farewell::begin_anew() {
  over_ = false;
  out_of_patience_ = false;
}

}  // namespace p2p
