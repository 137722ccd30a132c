#include "peer/http/links.hpp"

namespace p2p {

std::optional<HttpLinks::Id> HttpLinks::open(Id id, Instant now) {
  const bool is_full = links_.size() >= most_;
  std::pair<const Id, Link>* longest = nullptr;
  if (is_full)
    for (auto& each : links_) {
      const Link& link = each.second;
      const bool is_stalled = link.state == State::takes && now - link.since >= kStalled;
      if (link.state != State::idle && !is_stalled) continue;
      const bool goes_first = !longest || (link.state == State::idle) > (longest->second.state == State::idle) ||
                              (link.state == longest->second.state && link.since < longest->second.since);
      if (goes_first) longest = &each;
    }
  if (longest) longest->second.state = State::ended;
  const std::optional<Id> out = longest ? std::optional(longest->first) : std::nullopt;
  links_.insert_or_assign(id, Link{State::idle, now});
  return out;
}

std::vector<HttpLinks::Id> HttpLinks::overdue(Instant now) {
  std::vector<Id> late;
  for (auto& [id, link] : links_) {
    if (link.state != State::idle || now - link.since < idle_) continue;
    link.state = State::ended;
    late.push_back(id);
  }
  return late;
}

void HttpLinks::set(Id id, State state, Instant now) {
  const auto link = links_.find(id);
  if (link != links_.end() && link->second.state != State::ended) link->second = {state, now};
}

}  // namespace p2p
