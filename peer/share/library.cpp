#include "peer/share/library.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <system_error>
#include <utility>
#include <variant>

#include "peer/ground/clock.hpp"
#include "peer/share/hash_one.hpp"

namespace p2p {

Library::Library(asio::io_context& io, Options options, Hooks hooks)
    : io_(io),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      cache_(options_.folder),
      plan_([this](const SeenFile& file) { return cache_.find(file); }),
      watch_(io, [this] { look(); }),
      timer_(io) {}

Library::~Library() {
  stop_ = true;
  scanner_.stop();
  hasher_.stop();
  scanner_.join();
  hasher_.join();
}

void Library::start() {
  plan_.on_timer(now());
  act();
}

void Library::look() {
  plan_.on_change(now());
  act();
}

struct Library::Carry {
  Library& library;

  void operator()(LibraryPlan::Look) const { library.look_now(); }
  void operator()(const LibraryPlan::Hash& next) const { library.hash(next.file); }
  void operator()(const LibraryPlan::Keep& kept) const {
    library.cache_.put(kept.hashed.file, kept.hashed.id, kept.hashed.text);
  }
  void operator()(const LibraryPlan::Offer& offer) const { library.hooks_.on_offered(offer.holding); }
  void operator()(const LibraryPlan::Withdraw& withdraw) const { library.hooks_.on_withdrawn(withdraw.holding); }
  void operator()(const LibraryPlan::Warn& warning) const { spdlog::warn("{}", warning.text); }
};

/// After each input to the plan.
void Library::act() {
  while (const auto effect = plan_.poll_effect()) std::visit(Carry{*this}, *effect);
  wait();
}

void Library::wait() {
  timer_.cancel();
  const Instant deadline = plan_.next_deadline();
  if (deadline == kNever) return;
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    plan_.on_timer(now());
    act();
  });
}

// --- looking and hashing, each on its thread -----------------------------------------------------------------------

void Library::look_now() {
  asio::post(scanner_, [this, alive = std::weak_ptr(alive_)] {
    const auto is_hidden = [this](const std::string& name) {
      return options_.hidden.contains(name) || is_unfinished_or_ours(options_.folder, name);
    };
    FolderScan found;
    try {
      const auto watch = [this](const std::filesystem::path& folder) { watch_.add(folder); };
      found = scan_folder(options_.folder, is_hidden, options_.reserve, watch);
    } catch (const std::system_error& error) {
      found.refused.insert(error.what());
    }
    asio::post(io_, [this, alive, found = std::move(found)]() mutable {
      if (!alive.expired()) on_looked(std::move(found));
    });
  });
}

void Library::on_looked(FolderScan scan) {
  // Manifests of files that are gone, or have changed while nobody shared them, are of no use any more.
  if (!plan_.pending().looked) cache_.keep_only(scan.files);
  plan_.on_looked({.scan = std::move(scan),
                   .since_1970 = std::chrono::system_clock::now().time_since_epoch(),
                   .tells_changes = watch_.sees_everything()},
                  now());
  act();
  hooks_.on_work();
}

void Library::hash(const SeenFile& file) {
  hashed_bytes_ = 0;
  asio::post(hasher_, [this, file, alive = std::weak_ptr(alive_)] {
    HashedFile hashed = hash_one(options_.folder, file, options_.jobs, stop_, hashed_bytes_);
    asio::post(io_, [this, alive, hashed = std::move(hashed)]() mutable {
      if (!alive.expired()) on_hashed(std::move(hashed));
    });
  });
}

void Library::on_hashed(HashedFile hashed) {
  plan_.on_hashed(std::move(hashed), now());
  act();
  hooks_.on_work();
}

// --- what others ask for -------------------------------------------------------------------------------------------

std::optional<std::filesystem::path> Library::path_of(const ContentId& id) {
  const std::vector<SeenFile> files = plan_.files_of(id);
  for (const SeenFile& file : files)
    if (see_file(options_.folder, file.name) == file) return options_.folder / file.name;
  if (!files.empty()) look();
  return std::nullopt;
}

ManifestPtr Library::manifest(const ContentId& id) {
  if (!plan_.offers(id)) return nullptr;
  if (auto known = cache_.load(id)) return known;
  plan_.on_manifest_lost(id, now());
  act();
  return nullptr;
}

std::optional<Library::Hashing> Library::hashing() const {
  const auto& file = plan_.hashing();
  if (!file) return std::nullopt;
  return Hashing{file->name, hashed_bytes_, file->size};
}

}  // namespace p2p
