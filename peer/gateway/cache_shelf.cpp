#include "peer/gateway/cache_shelf.hpp"

#include <algorithm>

namespace p2p {

void CacheShelf::put(const ContentId& id, std::uint64_t bytes) {
  const auto [at, is_new] = contents_.try_emplace(id);
  bytes_ = bytes_ - at->second.bytes + bytes;
  at->second.bytes = bytes;
  if (!is_new) return;
  at->second.read = ++turns_;
  by_turn_.emplace(at->second.read, id);
}

void CacheShelf::touch(const ContentId& id) {
  const auto at = contents_.find(id);
  if (at == contents_.end()) return;
  by_turn_.erase(at->second.read);
  at->second.read = ++turns_;
  by_turn_.emplace(at->second.read, id);
}

void CacheShelf::set_in_use(const ContentId& id, bool in_use) {
  if (const auto at = contents_.find(id); at != contents_.end()) at->second.in_use = in_use;
}

void CacheShelf::remove(const ContentId& id) {
  const auto gone = contents_.extract(id);
  if (!gone) return;
  bytes_ -= gone.mapped().bytes;
  by_turn_.erase(gone.mapped().read);
}

std::vector<ContentId> CacheShelf::evictable(std::uint64_t more) const {
  std::vector<ContentId> gone;
  std::uint64_t left = bytes_;
  for (auto at = by_turn_.begin(); at != by_turn_.end() && (left > capacity_ || capacity_ - left < more); ++at) {
    const Entry& entry = contents_.at(at->second);
    if (entry.in_use || entry.bytes == 0) continue;
    gone.push_back(at->second);
    left -= entry.bytes;
  }
  return gone;
}

std::optional<CacheShelf::Excess> CacheShelf::excess() const {
  if (bytes_ <= capacity_ || !evictable().empty()) return std::nullopt;
  const auto largest = std::ranges::max_element(contents_, {}, [](const auto& each) { return each.second.bytes; });
  const std::uint64_t too_many = bytes_ - capacity_ + capacity_ / 4;
  return Excess{largest->first, std::min(largest->second.bytes, too_many)};
}

}  // namespace p2p
