#include "protocol/swarm/choker.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace p2p {

bool Choker::is_preferred(LinkId link) const { return std::ranges::find(preferred_, link) != preferred_.end(); }
bool Choker::is_interested(LinkId link) const { return std::ranges::find(interested_, link) != interested_.end(); }
bool Choker::is_favored(LinkId link) const { return std::ranges::find(favored_, link) != favored_.end(); }
bool Choker::is_waster(LinkId link) const { return std::ranges::find(wasters_, link) != wasters_.end(); }
bool Choker::waits(LinkId link) const { return is_interested(link) && !unchoked(link); }
bool Choker::unchoked(LinkId link) const { return link == optimistic_ || is_preferred(link); }

void Choker::favor(LinkId link) {
  P2P_ASSERT(!is_favored(link));
  favored_.push_back(link);
}

void Choker::unfavor(LinkId link, Random& random) {
  std::erase(favored_, link);
  fill_idle_slots(random);
}

void Choker::favor_only(std::vector<LinkId> links, Random& random) {
  favored_ = std::move(links);
  fill_idle_slots(random);
}

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

void Choker::on_wasted(LinkId link, Random& random) {
  P2P_ASSERT(unchoked(link));
  std::erase(wasters_, link);
  wasters_.push_back(link);
  std::erase(preferred_, link);
  if (optimistic_ == link) optimistic_.reset();
  fill_idle_slots(random);
}

bool Choker::anybody_waits() const {
  return std::ranges::any_of(interested_, [this](LinkId link) { return !unchoked(link); });
}

void Choker::on_gone(LinkId link, Random& random) {
  std::erase(favored_, link);
  std::erase(wasters_, link);
  std::erase(interested_, link);
  std::erase(preferred_, link);
  if (optimistic_ == link) optimistic_.reset();
  fill_idle_slots(random);
}

void Choker::choose_preferred(std::span<const Ranked> ranked, Random& random) {
  P2P_ASSERT(ranked.size() == interested_.size());
  std::vector<Ranked> order(ranked.begin(), ranked.end());
  random.shuffle(std::span(order));
  std::ranges::stable_sort(order, [this](const Ranked& a, const Ranked& b) {
    if (is_favored(a.link) != is_favored(b.link)) return is_favored(a.link);
    return a.rank > b.rank;
  });
  if (!wasters_.empty())
    std::ranges::stable_partition(order, [this](const Ranked& each) { return !is_waster(each.link); });
  if (order.size() > slots_) order.resize(slots_);
  preferred_.clear();
  for (const Ranked& each : order) preferred_.push_back(each.link);
  fill_idle_slots(random);
}

void Choker::choose_optimistic(Random& random) {
  if (optimistic_ && is_favored(*optimistic_) && is_interested(*optimistic_)) return;
  if (give_second_chance(random)) return;
  if (const auto link = random_waiting(random)) optimistic_ = link;
}

void Choker::choose_optimistic(std::span<const Ranked> ranked, Random& random) {
  if (optimistic_ && is_favored(*optimistic_) && is_interested(*optimistic_)) return;
  if (give_second_chance(random)) return;
  std::optional<LinkId> chosen;
  std::pair<bool, std::uint64_t> best{};
  std::uint32_t equals = 0;
  for (const auto& [link, rank] : ranked) {
    const std::pair deserves(is_favored(link), rank);
    if (!waits(link) || is_waster(link) || (chosen && deserves < best)) continue;
    if (!chosen || deserves > best) equals = 0;
    if (random.below(++equals) != 0) continue;
    chosen = link;
    best = deserves;
  }
  if (chosen) optimistic_ = chosen;
}

bool Choker::give_second_chance(Random& random) {
  if (wasters_.empty()) return false;
  second_chance_due_ = !second_chance_due_;
  const auto link = first_waiting_waster();
  if (!second_chance_due_ || !link) return false;
  on_used(*link);
  optimistic_ = link;
  fill_idle_slots(random);
  return true;
}

std::optional<LinkId> Choker::first_waiting_waster() const {
  const auto first = std::ranges::find_if(wasters_, [this](LinkId link) { return waits(link); });
  return first == wasters_.end() ? std::nullopt : std::optional(*first);
}

/// At random among the interested and choked, or, if there are any, among the favored ones of these; when nobody else
/// waits, the first of those who wasted a slot.
std::optional<LinkId> Choker::random_waiting(Random& random) const {
  std::optional<LinkId> chosen;
  bool chosen_favored = false;
  std::uint32_t equals = 0;
  for (const LinkId link : interested_) {
    if (unchoked(link) || (!wasters_.empty() && is_waster(link))) continue;
    const bool favored = is_favored(link);
    if (favored < chosen_favored) continue;
    if (favored > chosen_favored) equals = 0;
    if (random.below(++equals) != 0) continue;
    chosen = link;
    chosen_favored = favored;
  }
  return chosen ? chosen : first_waiting_waster();
}

/// Whether a slot's holder gives way to one that waits. A favored holder that has lost interest for a moment keeps its
/// slot until the interval ends: another would get it only to lose it again.
bool Choker::yields_to(LinkId holder, LinkId waiting) const {
  if (is_waster(holder) != is_waster(waiting)) return is_waster(holder);
  if (is_favored(holder)) return !is_interested(holder) && is_favored(waiting);
  return !is_interested(holder) || is_favored(waiting);
}

void Choker::fill_idle_slots(Random& random) {
  // Unchoked links that are interested are not waiting; when they are all, there is nobody to serve.
  while (const auto waiting = random_waiting(random)) {
    if (preferred_.size() < slots_) {
      preferred_.push_back(*waiting);
      continue;
    }
    const auto idle = std::ranges::find_if(preferred_, [&](LinkId holder) { return yields_to(holder, *waiting); });
    if (idle != preferred_.end()) {
      *idle = *waiting;
      continue;
    }
    // The optimistic slot is idle too when its holder has become preferred.
    if (!optimistic_ || is_preferred(*optimistic_) || yields_to(*optimistic_, *waiting)) {
      optimistic_ = waiting;
      continue;
    }
    return;
  }
}

}  // namespace p2p
