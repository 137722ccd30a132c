#include "protocol/swarm/choker.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {

bool Choker::is_preferred(LinkId link) const { return std::ranges::find(preferred_, link) != preferred_.end(); }
bool Choker::is_interested(LinkId link) const { return std::ranges::find(interested_, link) != interested_.end(); }
bool Choker::unchoked(LinkId link) const { return link == optimistic_ || is_preferred(link); }

void Choker::on_interested(LinkId link, Random& random) {
  P2P_ASSERT(!is_interested(link));
  interested_.push_back(link);
  fill_idle_slots(random);
}

void Choker::on_not_interested(LinkId link, Random& random) {
  P2P_ASSERT(is_interested(link));
  std::erase(interested_, link);
  fill_idle_slots(random);
}

void Choker::on_gone(LinkId link, Random& random) {
  std::erase(interested_, link);
  std::erase(preferred_, link);
  if (optimistic_ == link) optimistic_.reset();
  fill_idle_slots(random);
}

void Choker::choose_preferred(std::span<const Fed> fed, bool complete, Random& random) {
  P2P_ASSERT(fed.size() == interested_.size());
  std::vector<Fed> ranked(fed.begin(), fed.end());
  random.shuffle(std::span(ranked));
  if (!complete) std::ranges::stable_sort(ranked, std::ranges::greater{}, &Fed::bytes);
  if (ranked.size() > slots_) ranked.resize(slots_);
  preferred_.clear();
  for (const Fed& f : ranked) preferred_.push_back(f.link);
  fill_idle_slots(random);
}

void Choker::choose_optimistic(Random& random) {
  if (const auto link = random_waiting(random)) optimistic_ = link;
}

std::optional<LinkId> Choker::random_waiting(Random& random) const {
  std::optional<LinkId> chosen;
  std::uint32_t waiting = 0;
  for (const LinkId link : interested_)
    if (!unchoked(link) && random.below(++waiting) == 0) chosen = link;
  return chosen;
}

void Choker::fill_idle_slots(Random& random) {
  // Unchoked links that are interested are not waiting; when they are all, there is nobody to serve.
  while (const auto waiting = random_waiting(random)) {
    if (preferred_.size() < slots_) {
      preferred_.push_back(*waiting);
      continue;
    }
    const auto idle = std::ranges::find_if(preferred_, [this](LinkId link) { return !is_interested(link); });
    if (idle != preferred_.end()) {
      *idle = *waiting;
      continue;
    }
    // The optimistic slot is idle too when its holder has become preferred.
    if (!optimistic_ || is_preferred(*optimistic_) || !is_interested(*optimistic_)) {
      optimistic_ = waiting;
      continue;
    }
    return;
  }
}

}  // namespace p2p
