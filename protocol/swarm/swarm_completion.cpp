// Who has everything, and when that is the end.
#include <algorithm>

#include "protocol/swarm/swarm.hpp"

namespace p2p {

void Swarm::note_completeness(LinkId link, Instant now) {
  const Link& l = at(link);
  neighborhood_[*l.neighbor].complete = l.session.remote_is_complete();
  windows_.forget_neighbors();
  // It will not be interested again, so it keeps no slot.
  if (l.session.remote_is_complete()) {
    uploads_.on_complete(link, random_);
    sync_chokes(now);
  }
  check_swarm_complete(now);
}

void Swarm::check_swarm_complete(Instant now) {
  if (farewell_.is_over(complete(), neighborhood_, now)) emit(SwarmCompleted{});
}

/// A neighbor that asks for something, or is being sent something, is in sight however long that takes.
void Swarm::consider_patience(Instant now) {
  for_established([&](LinkId link) {
    const Link& l = at(link);
    Instant& seen = neighborhood_[*l.neighbor].seen;
    seen = std::max(seen, l.sending || !l.uploads.empty() ? now : l.heard);
  });
  if (farewell_.out_of_patience(complete(), neighborhood_, now)) emit(PatienceEnded{});
}

}  // namespace p2p
