// For whom a complete peer waits no longer: a neighbor that left unfinished cannot tell it any more that it has the file.
#include <algorithm>

#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// Looks whether all neighbors that are unfinished have been out of sight for the whole patience, and when to look again.
/// One that asks for something, or is being sent something, is in sight however long that takes. One that never was linked
/// is still to come: it is waited for, and so are all others.
void Swarm::consider_patience(Instant now) {
  patience_at_ = kNever;
  if (!complete() || config_.open || swarm_complete_ || out_of_patience_) return;
  complete_since_ = std::min(complete_since_, now);
  for_established([&](LinkId link) {
    const Link& l = at(link);
    Instant& seen = neighborhood_[*l.neighbor].seen;
    seen = std::max(seen, l.sending || !l.uploads.empty() ? now : l.heard);
  });
  const auto unseen_since = neighborhood_.all_unseen_since();
  if (!unseen_since || *unseen_since == kNever) return;
  patience_at_ = std::max(*unseen_since, complete_since_) + config_.patience;
  if (now < patience_at_) return;
  patience_at_ = kNever;
  out_of_patience_ = true;
  emit(PatienceEnded{});
}

}  // namespace p2p
