// What the cache takes from, and keeps for, those who fetch into its folder beside it (versions.hpp).
#include "peer/gateway/cache.hpp"

namespace p2p {

bool Cache::adopt(const KnownManifest& known, const std::string& name, const std::filesystem::path& bytes) {
  const ContentId& id = known.id;
  if (has(id) || opening(id) || closing_.contains(id)) return false;
  folder_.keep(known, {name});
  std::filesystem::rename(bytes, folder_.root_of(id));
  const std::uint64_t size = known.manifest.total_size();
  kept_.emplace(id, Kept{.size = size, .complete = true});
  shelf_.put(id, size + kEachBytes);
  note_name(id, name);
  offer(id);
  return true;
}

void Cache::hold(const ContentId& id, bool held) {
  if (held == held_.contains(id)) return;
  held ? static_cast<void>(held_.insert(id)) : static_cast<void>(held_.erase(id));
  if (!open_.contains(id) && !opening(id) && shelf_.contains(id)) shelf_.set_in_use(id, held);
}

void Cache::count_beside(const ContentId& id, std::uint64_t bytes) {
  if (bytes == 0) return shelf_.remove(id);
  shelf_.put(id, bytes);
  shelf_.set_in_use(id, true);
}

}  // namespace p2p
