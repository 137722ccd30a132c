#include "peer/gateway/cache.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/content/manifest_link.hpp"
#include "peer/ground/clock.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFull = "the disk of the cache is full";
// How often a content that is read is noted to be, on disk.
constexpr Duration kTouchInterval = 10s;
// What was freed on a full disk is of use when writing is tried again.
constexpr Duration kRoomInterval = 1500ms;
// So much is given up at a time where the disk is full and nothing but what is read has anything to give.
constexpr std::uint64_t kRoomBytes = 64u << 20;

/// The process ends while a store looks at its pieces.
struct Stopped {};

std::string why_unusable(const KnownManifest& known, const std::vector<Holder>& holders) {
  const config::Manifest& manifest = known.manifest;
  if (manifest.piece_hash != config::PieceHash::sha256)
    return "its manifest has xxh3 hashes, for which a liar can make other bytes; expected sha256: ask its holders to "
           "share it with that";
  const std::uint64_t size = manifest.total_size();
  if (!holders.empty() && std::ranges::none_of(holders, [&](const Holder& holder) { return holder.size == size; }))
    return "it has " + std::to_string(size) +
           " bytes by its manifest, and other sizes by those who say that they hold it";
  return {};
}

}  // namespace

/// A content that is asked for and not open yet.
struct Cache::Opening {
  explicit Opening(asio::io_context& io) : patience(io) {}
  ~Opening() {
    if (stop_asking) stop_asking();
  }

  std::vector<Holder> holders{};
  std::string name{};
  std::vector<OnOpened> waiting{};
  ManifestPtr known{};
  bool is_kept = false;     ///< Its manifest comes from the disk.
  bool began_anew = false;  ///< What was on disk was of no use, and is removed.
  std::function<void()> stop_asking{};
  asio::steady_timer patience;
};

Cache::Cache(const GatewayContent::Common& common, GetDoor& door, const Options& options)
    : common_(common), door_(door), folder_(options.folder, common.network), shelf_(options.capacity) {
  for (CacheFolder::Found& found : folder_.contents()) {
    for (const std::string& name : found.names) called_.insert_or_assign(name, found.id);
    shelf_.put(found.id, found.stored_bytes + kEachBytes);
    kept_.emplace(found.id, Kept{found.size, found.complete, std::move(found.names)});
    offer(found.id);
  }
  make_room(0);
}

Cache::~Cache() { stop_->store(true); }

std::optional<ContentId> Cache::once_called(const std::string& name) const {
  const auto called = called_.find(name);
  return called == called_.end() || !has(called->second) ? std::nullopt : std::optional(called->second);
}

void Cache::for_each_open(const std::function<void(const GatewayContent&)>& visit) const {
  for (const auto& [id, content] : open_) visit(*content);
}

// --- opening ---------------------------------------------------------------------------------------------------------

Cache::Opening* Cache::opening(const ContentId& id) {
  const auto found = opening_.find(id);
  return found == opening_.end() ? nullptr : found->second.get();
}

void Cache::open(const ContentId& id, const std::vector<Holder>& holders, const std::string& name, OnOpened on_opened) {
  if (on_finished_) return;
  if (const auto running = open_.find(id); running != open_.end()) {
    note_name(id, name);
    running->second->use();
    running->second->add_holders(holders);
    return on_opened(running->second.get());
  }
  if (Opening* const under_way = opening(id)) return under_way->waiting.push_back(std::move(on_opened));
  Opening& begun = *opening_.emplace(id, std::make_unique<Opening>(common_.io)).first->second;
  begun.holders = holders;
  begun.name = name;
  begun.waiting.push_back(std::move(on_opened));
  // Else what closes calls it.
  if (!closing_.contains(id)) begin(id);
}

void Cache::begin(const ContentId& id) {
  if (open_.size() >= kMostOpen) {
    auto idlest = open_.end();
    for (auto each = open_.begin(); each != open_.end(); ++each)
      if (!each->second->is_read() &&
          (idlest == open_.end() || each->second->wanted_at() < idlest->second->wanted_at()))
        idlest = each;
    if (idlest == open_.end()) return fail(id, "this gateway has no room for more contents at a time");
    close(idlest->first, After::keep);
  }
  shelf_.set_in_use(id, true);
  if (kept_.contains(id)) return read_manifest(id);
  for (const Holder& holder : opening(id)->holders) {
    if (!holder.sha256) continue;
    if (auto known = manifest_of_small(holder.name, holder.size, *holder.sha256, id))
      return have_manifest(id, std::move(known));
  }
  fetch_manifest_of(id);
}

void Cache::read_manifest(const ContentId& id) {
  asio::post(workers_, [this, id, alive = std::weak_ptr(alive_)] {
    ManifestPtr known = folder_.manifest(id);
    asio::post(common_.io, [this, id, known = std::move(known), alive] {
      if (alive.expired() || !opening(id)) return;
      if (!known) return fetch_manifest_of(id);
      opening(id)->is_kept = true;
      have_manifest(id, known);
    });
  });
}

void Cache::fetch_manifest_of(const ContentId& id) {
  Opening& begun = *opening(id);
  std::vector<ManifestSource> sources;
  for (const Holder& holder : begun.holders)
    sources.push_back({.peer = holder.peer, .host = holder.address.host, .port = holder.address.port});
  if (sources.empty()) return fail(id, "nobody has its manifest");
  begun.stop_asking = fetch_manifest(common_.io, common_.self, id, std::move(sources),
                                     [this, id, alive = std::weak_ptr(alive_)](ManifestPtr known) {
                                       if (!alive.expired() && opening(id)) have_manifest(id, std::move(known));
                                     });
  begun.patience.expires_after(kManifestPatience);
  begun.patience.async_wait([this, id, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (!error && !alive.expired() && opening(id)) fail(id, "none of its holders has given its manifest");
  });
}

void Cache::have_manifest(const ContentId& id, ManifestPtr known) {
  Opening& begun = *opening(id);
  begun.patience.cancel();
  begun.stop_asking = nullptr;
  if (const std::string why = why_unusable(*known, begun.holders); !why.empty()) return fail(id, why);
  begun.known = std::move(known);
  if (!begun.known->manifest.has_bytes()) {
    const auto done = std::move(opening_.extract(id).mapped());
    for (const OnOpened& each : done->waiting) each(done->known);
    return;
  }
  try {
    const auto names = begun.name.empty() ? std::vector<std::string>() : std::vector{begun.name};
    if (begun.is_kept)
      folder_.note(id, begun.known->manifest.total_size(), names);
    else
      folder_.keep(*begun.known, names);
  } catch (const std::system_error& error) {
    // What is there can be read without that.
    if (!begun.is_kept) {
      if (is_disk_full(error.code())) make_room(shelf_.capacity() - std::min(shelf_.capacity(), shelf_.bytes()) + 1);
      return fail(id, is_disk_full(error.code()) ? kFull : error.what());
    }
  }
  Kept& kept = kept_[id];
  kept.size = begun.known->manifest.total_size();
  if (!shelf_.contains(id)) shelf_.put(id, kEachBytes);
  shelf_.touch(id);
  shelf_.set_in_use(id, true);
  note_name(id, begun.name);
  make_store(id);
}

/// Verifies what is there, on another thread.
void Cache::make_store(const ContentId& id) {
  asio::post(workers_, [this, id, known = opening(id)->known, stop = stop_, alive = std::weak_ptr(alive_)] {
    std::unique_ptr<PieceStore> store;
    std::string why;
    bool useless = false;
    try {
      const OnScan on_scan = [&](const ScanProgress&) {
        if (stop->load()) throw Stopped{};
      };
      store = std::make_unique<PieceStore>(content_of(folder_.root_of(id), known),
                                           PieceStore::Options{.on_scan = on_scan, .sparse = true});
    } catch (const Stopped&) {
      return;
    } catch (const StoreError& error) {
      why = error.fault() == StoreFault::full ? kFull : error.what();
      useless = error.fault() == StoreFault::mismatch;
    } catch (const std::exception& error) {
      why = error.what();
    }
    const auto made = std::make_shared<std::unique_ptr<PieceStore>>(std::move(store));
    asio::post(common_.io, [this, id, made, why, useless, alive] {
      if (alive.expired() || !opening(id)) return;
      if (*made) return have_store(id, std::move(*made));
      Opening& begun = *opening(id);
      if (!useless || std::exchange(begun.began_anew, true)) return fail(id, why);
      spdlog::warn("{}: it is fetched again", why);
      folder_.remove(id);
      begun.is_kept = false;
      have_manifest(id, begun.known);
    });
  });
}

void Cache::have_store(const ContentId& id, std::unique_ptr<PieceStore> store) {
  const auto begun = std::move(opening_.extract(id).mapped());
  const std::string name = !begun->name.empty()      ? begun->name
                           : kept_[id].names.empty() ? config::to_hex(id)
                                                     : kept_[id].names.front();
  GatewayContent& content =
      *open_.emplace(id, std::make_unique<GatewayContent>(common_, begun->known, std::move(store), name)).first->second;
  kept_[id].complete = content.is_complete();
  shelf_.put(id, content.stored_bytes() + kEachBytes);
  offer(id);
  content.add_holders(begun->holders);
  for (const OnOpened& each : begun->waiting) each(&content);
}

void Cache::fail(const ContentId& id, const std::string& why) {
  shelf_.set_in_use(id, held_.contains(id));
  const auto begun = std::move(opening_.extract(id).mapped());
  spdlog::info("cannot open {}: {}", config::to_hex(id), why);
  for (const OnOpened& each : begun->waiting) each(why);
}

void Cache::note_name(const ContentId& id, const std::string& name) {
  if (name.empty()) return;
  called_.insert_or_assign(name, id);
  std::vector<std::string>& names = kept_[id].names;
  if (std::ranges::find(names, name) == names.end()) names.insert(names.begin(), name);
}

/// To other nodes.
void Cache::offer(const ContentId& id) {
  door_.offer({.id = id,
               .size = kept_.at(id).size,
               .name = std::nullopt,
               .manifest = [this, id]() -> std::shared_ptr<const std::string> {
                 if (const auto running = open_.find(id); running != open_.end())
                   return text_of(running->second->known());
                 const ManifestPtr known = folder_.manifest(id);
                 return known ? text_of(known) : nullptr;
               },
               .exchange =
                   [this, id](StreamPtr stream, const Handshake& handshake) {
                     const auto held = std::make_shared<StreamPtr>(std::move(stream));
                     open(id, {}, "", [held, handshake](const Opened& opened) {
                       if (auto* const* const content = std::get_if<GatewayContent*>(&opened))
                         (*content)->add_accepted(std::move(*held), handshake);
                     });
                   },
               .is_complete = [this, id] { return kept_.contains(id) && kept_.at(id).complete; }});
}

// --- closing, and room -----------------------------------------------------------------------------------------------

void Cache::close(const ContentId& id, After after) {
  if (after == After::remove) {
    shelf_.remove(id);
    kept_.erase(id);
    door_.withdraw(GetDoor::label_of(id));
  }
  GatewayContent& content = *closing_.emplace(id, std::move(open_.extract(id).mapped())).first->second;
  shelf_.set_in_use(id, held_.contains(id));
  content.finish([this, id, after, alive = std::weak_ptr(alive_)] {
    // Not now: this comes from inside of what is to end.
    asio::post(common_.io, [this, id, after, alive] {
      if (alive.expired()) return;
      traffic_before_ += closing_.at(id)->traffic();
      closing_.erase(id);
      if (after == After::remove) folder_.remove(id);
      if (opening(id)) begin(id);
      on_closed();
    });
  });
}

void Cache::remove_from_disk(const ContentId& id) {
  if (open_.contains(id)) return close(id, After::remove);
  shelf_.remove(id);
  kept_.erase(id);
  door_.withdraw(GetDoor::label_of(id));
  folder_.remove(id);
}

/// Until so many bytes more fit, or nothing can go any more.
void Cache::make_room(std::uint64_t more) {
  for (const ContentId& id : shelf_.evictable(more)) {
    const auto running = open_.find(id);
    // It may have come into use since the last tick.
    if (opening(id) || closing_.contains(id) || (running != open_.end() && running->second->in_use())) continue;
    spdlog::info("{} leaves the cache", config::to_hex(id));
    remove_from_disk(id);
  }
}

/// The disk takes no more, however full the cache may become.
void Cache::mind_full_disk(GatewayContent& content) {
  const Instant at = now();
  if (at < room_at_) return;
  const std::vector<ContentId> gone =
      shelf_.evictable(shelf_.capacity() - std::min(shelf_.capacity(), shelf_.bytes()) + 1);
  if (!gone.empty()) {
    spdlog::warn("{}: {} leaves it", kFull, config::to_hex(gone.front()));
    room_at_ = at + kRoomInterval;
    return remove_from_disk(gone.front());
  }
  if (content.give_up(kRoomBytes) > 0)
    room_at_ = at + kRoomInterval;
  else
    content.fail_readers(kFull);
}

void Cache::tick() {
  const Instant at = now();
  std::vector<ContentId> idle;
  for (const auto& [id, content] : open_) {
    content->tick(at);
    shelf_.put(id, content->stored_bytes() + kEachBytes);
    shelf_.set_in_use(id, content->in_use() || held_.contains(id));
    kept_[id].complete = content->is_complete();
    if (content->is_read()) {
      shelf_.touch(id);
      Instant& touched = touched_[id];
      if (at - touched >= kTouchInterval) {
        touched = at;
        folder_.touch(id);
      }
    }
    if (at - content->used() > kIdle) idle.push_back(id);
  }
  for (const auto& [id, content] : open_)
    if (content->without_room_for(at) > Duration::zero()) {
      mind_full_disk(*content);
      break;  // it may have closed one
    }
  for (const ContentId& id : idle)
    if (const auto at_rest = open_.find(id); at_rest != open_.end())
      close(id, at_rest->second->has_nothing() ? After::remove : After::keep);
  make_room(0);
  if (const auto excess = shelf_.excess())
    if (const auto large = open_.find(excess->id); large != open_.end()) {
      large->second->give_up(excess->bytes);
      shelf_.put(excess->id, large->second->stored_bytes() + kEachBytes);
    }
}

void Cache::finish(std::function<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  stop_->store(true);
  opening_.clear();
  std::vector<ContentId> ids;
  for (const auto& [id, content] : open_) ids.push_back(id);
  for (const ContentId& id : ids) close(id, open_.at(id)->has_nothing() ? After::remove : After::keep);
  on_closed();
}

void Cache::on_closed() {
  if (on_finished_ && open_.empty() && closing_.empty()) std::exchange(on_finished_, [] {})();
}

}  // namespace p2p
