#include "peer/share/library.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <system_error>
#include <utility>
#include <variant>

#include "peer/ground/clock.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/share/tree.hpp"

namespace p2p {

Library::Library(asio::io_context& io, Options options, Hooks hooks)
    : io_(io),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      cache_(options_.folder, options_.keeps),
      plan_([this](const SeenFile& file) { return cache_.find(file); }, options_.finished),
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
  void operator()(const LibraryPlan::Keep& kept) const { library.cache_.put(kept.hashed); }
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

/// Any thread.
FolderScan Library::scan(const std::function<void(const std::filesystem::path&)>& on_folder) const {
  if (options_.only) {
    on_folder(options_.folder);
    FolderScan found;
    if (auto file = see(*options_.only))
      found.files.push_back(std::move(*file));
    else
      found.refused.insert(*options_.only + ": no regular file is there");
    return found;
  }
  const auto is_hidden = [this](const std::string& name) {
    return options_.hidden.contains(name) || is_unfinished_or_ours(options_.folder, name);
  };
  return scan_folder(options_.folder, is_hidden, options_.reserve, on_folder);
}

/// What has this name now.
std::optional<SeenFile> Library::see(const std::string& name) const {
  if (!options_.as) return see_file(options_.folder, name, options_.reserve.links);
  try {
    const std::vector<SeenFile> whole = as_one(scan([](const std::filesystem::path&) {}), name).files;
    return whole.empty() ? std::nullopt : std::optional(whole.front());
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

void Library::look_now() {
  asio::post(scanner_, [this, alive = std::weak_ptr(alive_)] {
    FolderScan found;
    try {
      found = scan([this](const std::filesystem::path& folder) { watch_.add(folder); });
      if (options_.as) found = as_one(found, *options_.as);
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
    const auto look = [this] { return scan([](const std::filesystem::path&) {}); };
    HashedFile hashed =
        options_.as ? hash_tree(options_.folder, file, look, options_.jobs, stop_, hashed_bytes_)
                    : hash_one(options_.folder, file, options_.jobs, stop_, hashed_bytes_, options_.reserve.links);
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
  for (const SeenFile& file : files) {
    if (options_.as) {
      if (see(file.name) == file) return options_.folder;
    } else if (auto found = find_file(options_.folder, file.name, options_.reserve.links);
               found && found->seen == file) {
      return std::move(found->path);
    }
  }
  if (!files.empty()) look();
  return std::nullopt;
}

std::vector<std::string> Library::names_of(const ContentId& id) const {
  std::vector<std::string> names;
  for (const SeenFile& file : plan_.files_of(id)) names.push_back(file.name);
  return names;
}

ManifestPtr Library::manifest(const ContentId& id) {
  if (!plan_.offers(id)) return nullptr;
  if (auto known = cache_.load(plan_.files_of(id).front())) return known;
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
