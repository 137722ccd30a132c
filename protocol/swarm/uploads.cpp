#include "protocol/swarm/uploads.hpp"

#include <utility>

#include "protocol/assert.hpp"

namespace p2p {

Uploads::Uploads(const Plan& plan, Instant now)
    : choker_(plan.preferred_neighbors),
      plan_(plan),
      unchoking_at_(now + plan.unchoking_interval),
      optimistic_at_(now + plan.optimistic_interval) {
  P2P_ASSERT(plan.unchoking_interval > Duration::zero() && plan.optimistic_interval > Duration::zero());
}

void Uploads::on_linked(LinkId link, bool favored) {
  if (favored) choker_.favor(link);
}

void Uploads::on_gone(LinkId link, Random& random) {
  std::erase(told_unchoked_, link);
  choker_.on_gone(link, random);
}

void Uploads::on_wasted(LinkId link, Random& random) {
  if (choker_.unchoked(link)) choker_.on_wasted(link, random);
}

void Uploads::choose_preferred(std::span<const Ranked> ranked, Instant now, Random& random) {
  unchoking_at_ = now + plan_.unchoking_interval;
  choker_.choose_preferred(ranked, random);
}

void Uploads::choose_optimistic(Instant now, Random& random) {
  optimistic_at_ = now + plan_.optimistic_interval;
  choker_.choose_optimistic(random);
}

void Uploads::choose_optimistic(std::span<const Ranked> ranked, Instant now, Random& random) {
  optimistic_at_ = now + plan_.optimistic_interval;
  choker_.choose_optimistic(ranked, random);
}

Uploads::Changes Uploads::take_changes(const std::function<PeerId(LinkId)>& peer_of) {
  Changes changes;
  const auto contains = [](const std::vector<LinkId>& links, LinkId link) {
    return std::ranges::find(links, link) != links.end();
  };
  std::vector<LinkId> unchoked(choker_.preferred().begin(), choker_.preferred().end());
  if (const auto optimistic = choker_.optimistic(); optimistic && !contains(unchoked, *optimistic))
    unchoked.push_back(*optimistic);
  for (const LinkId link : told_unchoked_)
    if (!contains(unchoked, link)) changes.choke.push_back(link);
  for (const LinkId link : unchoked)
    if (!contains(told_unchoked_, link)) changes.unchoke.push_back(link);
  told_unchoked_ = std::move(unchoked);

  std::vector<PeerId> preferred;
  for (const LinkId link : choker_.preferred()) preferred.push_back(peer_of(link));
  std::ranges::sort(preferred);
  if (preferred != told_preferred_ && !preferred.empty()) changes.preferred = preferred;
  told_preferred_ = std::move(preferred);

  const auto optimistic = choker_.optimistic() ? std::optional(peer_of(*choker_.optimistic())) : std::nullopt;
  if (optimistic != told_optimistic_) changes.optimistic = optimistic;
  told_optimistic_ = optimistic;
  return changes;
}

}  // namespace p2p
