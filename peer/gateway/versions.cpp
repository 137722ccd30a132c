#include "peer/gateway/versions.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/content/learned_digests.hpp"
#include "peer/ground/clock.hpp"
#include "peer/node/path_meaning.hpp"
#include "peer/storage/read_text.hpp"
#include "peer/storage/replace_file.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kBytes = "bytes";
// In the folder of a version that is one of the cache's contents: that one's id.
constexpr const char* kContent = "content";
// How long those who were found may take to say what they are at, before anything is asked of the origin.
constexpr auto kGreeting = 300ms;

}  // namespace

/// A version that is being fetched, or given to others.
struct Versions::Open {
  VersionFetch fetch;
  std::optional<ContentId> content{};  ///< It is complete, and this content of the cache.
};

Versions::Versions(const GatewayContent::Common& common, GetDoor& door, Cache& cache, NameSearch& names, OriginUrl url,
                   OriginClient::Options options)
    : common_(common),
      door_(door),
      cache_(cache),
      names_(names),
      folder_(cache.folder() / CacheFolder::kVersions),
      book_({}),
      client_(std::make_unique<OriginClient>(common.io, std::move(url), options)) {
  fs::create_directories(folder_);
  clean_up();
}

Versions::~Versions() = default;

fs::path Versions::folder_of(const ContentId& id) const { return folder_ / config::to_hex(id); }

/// What earlier runs have left: what was complete and is still there is known, all else is begun again.
void Versions::clean_up() {
  std::vector<fs::path> gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    ContentId id, content;
    const std::string name = entry.path().filename().string();
    if (!config::from_hex(name, id) || config::to_hex(id) != name) continue;
    std::error_code error;
    const fs::path says = entry.path() / kContent;
    if (fs::file_size(says, error) == 2 * content.size() && config::from_hex(read_text(says), content) &&
        cache_.is_complete(content))
      done_.emplace(id, content);
    else
      gone.push_back(entry.path());
  }
  for (const fs::path& each : gone) {
    std::error_code error;
    fs::remove_all(each, error);
  }
  for (const auto& [id, content] : done_) offer(id, cache_.size_of(content));
}

/// The cache's content that this version is; none where there is none, or it is gone.
std::optional<ContentId> Versions::done(const ContentId& id) {
  const auto found = done_.find(id);
  if (found == done_.end()) return std::nullopt;
  if (cache_.is_complete(found->second)) return found->second;
  done_.erase(found);
  door_.withdraw(GetDoor::label_of(id));
  std::error_code error;
  fs::remove_all(folder_of(id), error);
  return std::nullopt;
}

// --- what the origin has ---------------------------------------------------------------------------------------------

void Versions::find(const std::string& path, const FoundNothing& nothing, OnFound on_found) {
  if (on_finished_) return;
  const bool taken = book_.ask(path, now(), [this, path, nothing, on_found](const Answer& answer) {
    on_answer(path, nothing, answer, on_found);
  });
  if (!taken) on_found(FoundUnreachable{"This gateway is asked for more than the origin can be asked for; try again."});
  ask_next();
}

void Versions::ask_next() {
  while (const auto path = book_.poll())
    client_->ask(*path, [this, path = *path](const Answer& answer) {
      const bool is_fault = std::holds_alternative<OriginFault>(answer);
      book_.on_answer(path, answer, is_fault ? kRememberFault : kRemember, 1, now());
      ask_next();
    });
}

void Versions::on_answer(const std::string& path, const FoundNothing& nothing, const Answer& answer,
                         const OnFound& on_found) {
  if (on_finished_) return;
  if (const auto* const version = std::get_if<OriginVersion>(&answer)) return give(path, *version, on_found);
  const OriginFault& fault = std::get<OriginFault>(answer);
  if (fault.kind == OriginFault::Kind::nothing) return on_found(FoundNothing{nothing.why + " And " + fault.why + "."});
  on_found(FoundUnreachable{"No member has " + config::in_quotes(path) + ", and " + fault.why + "."});
}

void Versions::give(const std::string& path, const OriginVersion& version, const OnFound& on_found) {
  const VersionFetch::What what{id_of(url().of(path), version), path, version};
  FoundFile file{.id = what.id, .name = std::string(last_part(path)), .size = version.size, .bytes = no_bytes()};
  if (version.size == 0) return on_found(std::move(file));
  if (const auto running = open_.find(what.id); running != open_.end()) {
    running->second->fetch.content().use();
    file.bytes = running->second->fetch.content().source(0);
    return on_found(std::move(file));
  }
  const auto content = done(what.id);
  if (!content) return on_found(begin(what));
  cache_.open(*content, {}, path, [this, file, on_found, what](const Cache::Opened& opened) mutable {
    auto* const* const kept = std::get_if<GatewayContent*>(&opened);
    // What was damaged on disk is fetched again.
    if (!kept || !(*kept)->is_complete())
      return open_.contains(what.id) ? give(what.path, what.version, on_found) : on_found(begin(what));
    file.bytes = (*kept)->source(0);
    on_found(std::move(file));
  });
}

// --- fetching --------------------------------------------------------------------------------------------------------

FoundPath Versions::begin(const VersionFetch::What& what) {
  const std::string name = config::in_quotes(what.path);
  if (open_.size() >= kMostOpen)
    return FoundUnreachable{"This gateway fetches too much at a time to begin " + name + "."};
  // One that is being closed has its folder.
  if (closing_.contains(what.id)) return FoundUnreachable{name + " is being put away; try again in a second."};
  const ManifestPtr known = VersionFetch::cut(what);
  auto digests = std::make_shared<LearnedDigests>(known->manifest.piece_count());
  std::unique_ptr<PieceStore> store;
  try {
    fs::remove_all(folder_of(what.id));
    fs::create_directories(folder_of(what.id));
    store = std::make_unique<PieceStore>(learned_content(folder_of(what.id) / kBytes, known, digests),
                                         PieceStore::Options{.sparse = true});
  } catch (const std::exception& error) {
    return FoundUnreachable{"Cannot keep " + name + ": " + error.what() + "."};
  }
  spdlog::info("{} is fetched from {}", config::printable(what.path), url().text());
  GatewayContent& content = open(what, known, std::move(digests), std::move(store)).fetch.content();
  look_for_others(what.id);
  return FoundFile{
      .id = what.id, .name = std::string(last_part(what.path)), .size = what.version.size, .bytes = content.source(0)};
}

Versions::Open& Versions::open(const VersionFetch::What& what, const ManifestPtr& known,
                               std::shared_ptr<LearnedDigests> digests, std::unique_ptr<PieceStore> store) {
  const ContentId id = what.id;
  // Not now: both come from inside of what may have to end.
  const auto later = [this, id](void (Versions::*call)(const ContentId&)) {
    return [this, id, call, alive = std::weak_ptr(alive_)] {
      asio::post(common_.io, [this, id, call, alive] {
        if (!alive.expired() && open_.contains(id)) (this->*call)(id);
      });
    };
  };
  auto opened = std::unique_ptr<Open>(new Open{
      VersionFetch(common_, *client_, what, known, std::move(digests), std::move(store),
                   {.on_complete = later(&Versions::on_complete), .on_changed = later(&Versions::on_changed)})});
  offer(id, what.version.size);
  return *open_.emplace(id, std::move(opened)).first->second;
}

/// Who else fetches it says so before the origin is asked for anything.
void Versions::look_for_others(const ContentId& id) {
  const auto ready = [this, id] {
    if (const auto found = open_.find(id); found != open_.end()) found->second->fetch.set_ready();
  };
  const bool taken = names_.ask(id, [this, id, ready, alive = std::weak_ptr(alive_)](const SearchAnswerPtr& answer) {
    if (alive.expired() || !open_.contains(id)) return;
    open_.at(id)->fetch.content().add_holders(answer->holders);
    if (answer->holders.empty()) return ready();
    const auto timer = std::make_shared<asio::steady_timer>(common_.io, kGreeting);
    timer->async_wait([ready, timer, alive](const std::error_code& error) {
      if (!error && !alive.expired()) ready();
    });
  });
  if (!taken) ready();
}

void Versions::on_changed(const ContentId& id) {
  // The next request asks what there is now.
  book_.forget(open_.at(id)->fetch.what().path);
  close(id);
}

// --- the end ---------------------------------------------------------------------------------------------------------

void Versions::on_complete(const ContentId& id) {
  Open& open = *open_.at(id);
  const std::string path = open.fetch.what().path;
  if (open.content) return;
  config::Manifest manifest = open.fetch.content().known()->manifest;
  if (const std::string why = config::file_name_fault(manifest.files.front().path); !why.empty())
    return spdlog::info("{} becomes no content of the cache: its name {}", config::printable(path), why);
  manifest.digests.clear();
  for (const Sha256Digest& digest : open.fetch.digests().all())
    manifest.digests.insert(manifest.digests.end(), digest.begin(), digest.end());
  std::string text = config::manifest_text(manifest);
  const ContentId content = sha256(std::as_bytes(std::span(text)));
  const fs::path bytes = folder_of(id) / kBytes;
  try {
    if (cache_.adopt({std::move(manifest), std::move(text), content}, path, bytes)) {
      open.fetch.content().relocate(cache_.root_of(content));
      open.content = content;
      cache_.count_beside(id, 0);
    }
    replace_file(folder_of(id) / kContent, config::to_hex(content), Durability::in_memory);
    done_.insert_or_assign(id, content);
  } catch (const std::system_error& error) {
    return spdlog::warn("{} does not become a content of the cache: {}", config::printable(path), error.what());
  }
  spdlog::info("{} is complete: content {}", config::printable(path), config::to_hex(content));
}

void Versions::close(const ContentId& id) {
  Open& closed = *closing_.emplace(id, std::move(open_.extract(id).mapped())).first->second;
  cache_.count_beside(id, 0);
  if (closed.content) cache_.hold(*closed.content, false);
  if (!done_.contains(id)) door_.withdraw(GetDoor::label_of(id));
  closed.fetch.finish([this, id, alive = std::weak_ptr(alive_)] {
    // Not now: this comes from inside of what is to end.
    asio::post(common_.io, [this, id, alive] {
      if (alive.expired()) return;
      closing_.erase(id);
      std::error_code error;
      if (done_.contains(id))
        fs::remove(folder_of(id) / kBytes, error);
      else
        fs::remove_all(folder_of(id), error);
      if (on_finished_ && open_.empty() && closing_.empty()) std::exchange(on_finished_, [] {})();
    });
  });
}

void Versions::tick() {
  const Instant at = now();
  std::vector<ContentId> idle;
  for (const auto& [id, open] : open_) {
    GatewayContent& content = open->fetch.content();
    fetched_ += open->fetch.tick(at);
    if (open->content)
      cache_.hold(*open->content, content.in_use());
    else
      cache_.count_beside(id, std::max<std::uint64_t>(content.stored_bytes(), 1));
    if (at - content.used() > Cache::kIdle || (open->content && !cache_.has(*open->content))) idle.push_back(id);
  }
  for (const ContentId& id : idle) close(id);
  if (const auto excess = cache_.shelf().excess())
    if (const auto large = open_.find(excess->id); large != open_.end())
      large->second->fetch.content().give_up(excess->bytes);
}

void Versions::for_each_open(const std::function<void(const GatewayContent&)>& visit) const {
  for (const auto& [id, open] : open_) visit(open->fetch.content());
}

void Versions::finish(std::function<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  std::vector<ContentId> ids;
  for (const auto& [id, open] : open_) ids.push_back(id);
  for (const ContentId& id : ids) close(id);
  if (closing_.empty()) std::exchange(on_finished_, [] {})();
}

// --- for other nodes -------------------------------------------------------------------------------------------------

void Versions::offer(const ContentId& id, std::uint64_t size) {
  door_.offer(
      {.id = id,
       .size = size,
       .name = std::nullopt,
       .manifest = []() -> std::shared_ptr<const std::string> { return nullptr; },
       .exchange = [this, id](StreamPtr stream, const Handshake& handshake) { come(id, std::move(stream), handshake); },
       .is_complete = [this, id] { return done_.contains(id); }});
}

void Versions::come(const ContentId& id, StreamPtr stream, const Handshake& handshake) {
  if (const auto running = open_.find(id); running != open_.end())
    return running->second->fetch.content().add_accepted(std::move(stream), handshake);
  const auto content = done(id);
  if (!content || on_finished_ || open_.size() >= kMostOpen) return;
  // The cache verifies what is on disk.
  cache_.open(*content, {}, "",
              [this, id, content = *content, held = std::make_shared<StreamPtr>(std::move(stream)),
               handshake](const Cache::Opened& opened) {
                auto* const* const verified = std::get_if<GatewayContent*>(&opened);
                if (!verified || !(*verified)->is_complete() || !reopen(id, content, *(*verified)->known())) return;
                open_.at(id)->fetch.content().add_accepted(std::move(*held), handshake);
              });
}

/// To give it to others, by what the cache has; false when that cannot be done.
bool Versions::reopen(const ContentId& id, const ContentId& content, const KnownManifest& whole) {
  if (open_.contains(id)) return true;
  if (on_finished_ || closing_.contains(id)) return false;
  const config::ManifestFile& file = whole.manifest.files.front();
  const VersionFetch::What what{id, file.path, {.mark = {}, .size = file.size, .ranges = true}};
  const ManifestPtr known = VersionFetch::cut(what);
  auto digests = std::make_shared<LearnedDigests>(known->manifest.piece_count());
  for (PieceIndex piece{0}; piece.value < known->manifest.piece_count(); ++piece.value) {
    Sha256Digest digest;
    std::ranges::copy(whole.manifest.digest(piece.value), digest.begin());
    digests->learn(piece, digest);
  }
  try {
    auto store = std::make_unique<PieceStore>(learned_content(cache_.root_of(content), known, digests),
                                              PieceStore::Options{.serve_only = true});
    open(what, known, std::move(digests), std::move(store)).content = content;
  } catch (const StoreError& error) {
    spdlog::warn("cannot give {}: {}", config::to_hex(content), error.what());
    return false;
  }
  return true;
}

}  // namespace p2p
