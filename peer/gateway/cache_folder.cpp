#include "peer/gateway/cache_folder.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/journal.hpp"
#include "peer/storage/read_text.hpp"
#include "peer/storage/replace_file.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest";
constexpr const char* kAbout = "about";
constexpr const char* kNetwork = "network";
constexpr std::size_t kMostNames = 16;
constexpr std::uintmax_t kLargestAbout = 1u << 20;

std::string as_file_name(const std::string& network) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char each : network) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       byte == '-' || byte == '_' || (byte == '.' && !name.empty());
    if (plain)
      name += each;
    else
      name += {'%', kDigits[byte / 16], kDigits[byte % 16]};
  }
  return name;
}

/// Blocks of a file, or of all in a folder.
std::uint64_t bytes_on_disk(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return 0;
  std::uint64_t bytes = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
  if (!S_ISDIR(status.st_mode)) return bytes;
  std::error_code error;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  return bytes;
}

void make_private(const fs::path& folder) {
  const bool is_new = !something_is_at(folder);
  make_folders(folder);
  if (is_new) fs::permissions(folder, fs::perms::owner_all);
}

/// The content's files below `place`, and the folders that are empty then. Each is a file as we made it.
void remove_tree(const fs::path& place, const Content& content) {
  std::error_code ignored;
  if (!is_by_itself(place, content)) return;
  std::vector<fs::path> folders(content.layout.empty_folders());
  for (const Layout::File& file : content.layout.files()) {
    fs::remove(place_below(place, file.path), ignored);
    folders.push_back(file.path);
    folders.back() = folders.back().parent_path();
  }
  if (!content.layout.is_folder()) return;
  for (std::size_t i = 0; i < folders.size(); ++i)
    if (!folders[i].empty()) folders.push_back(folders[i].parent_path());
  // What lies in a folder sorts behind it.
  std::ranges::sort(folders, std::ranges::greater());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  for (const fs::path& folder : folders) fs::remove(place_below(place, folder), ignored);
}

}  // namespace

fs::path usual_cache() {
  // A relative one is to be ignored, says the XDG Base Directory Specification.
  if (const char* const set = std::getenv("XDG_CACHE_HOME"); set != nullptr && *set == '/')
    return fs::path(set) / "peerProcess";
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache" / "peerProcess";
  throw ExitError(ExitCode::io, "this user has no home folder for the cache; say --cache DIR");
}

CacheFolder::CacheFolder(const fs::path& cache, const Network& network)
    : folder_(cache / (network.is_private() ? "private" : "open") / as_file_name(network.name())) {
  try {
    for (const fs::path& folder : {cache, folder_.parent_path(), folder_}) make_private(folder);
    lock_.emplace(folder_, "stop it, or say another --cache DIR");
    const fs::path of = folder_ / kNetwork;
    const std::string digest = config::to_hex(network.digest("peerProcess cache\n" + network.name())) + "\n";
    if (!something_is_at(of)) replace_file(of, digest, Durability::in_memory);
    if (read_text(of) != digest)
      throw ExitError(ExitCode::io, "the cache " + folder_.string() +
                                        " is of another network of this name; remove it, or say another --cache DIR");
  } catch (const std::system_error& error) {
    throw ExitError(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io,
                    std::string("cannot use the cache: ") + error.what() + "; say another --cache DIR");
  }
}

fs::path CacheFolder::folder_of(const ContentId& id) const { return folder_ / config::to_hex(id); }

std::vector<CacheFolder::Found> CacheFolder::contents() const {
  std::vector<std::pair<fs::file_time_type, Found>> found;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name == kNetwork || name == kVersions) continue;
    ContentId id;
    std::error_code ignored;
    const bool fits = config::from_hex(name, id) && config::to_hex(id) == name;
    auto content = fits && at->is_directory(ignored) && !at->is_symlink(ignored) ? look(id) : std::nullopt;
    if (content)
      found.emplace_back(fs::last_write_time(at->path() / kAbout, ignored), std::move(*content));
    else if (!is_leftover(at->path()))
      spdlog::warn("{} is no content of this cache, and left alone", config::printable(at->path().string()));
  }
  std::ranges::sort(found, [](const auto& one, const auto& other) {
    return std::pair(one.first, one.second.id) < std::pair(other.first, other.second.id);
  });
  std::vector<Found> contents;
  for (auto& [read, content] : found) contents.push_back(std::move(content));
  return contents;
}

std::optional<CacheFolder::Found> CacheFolder::look(const ContentId& id) const {
  const fs::path folder = folder_of(id);
  Found found{.id = id, .size = 0, .stored_bytes = 0, .complete = false, .names = {}};
  try {
    if (fs::file_size(folder / kAbout) > kLargestAbout) return std::nullopt;
    const auto about = nlohmann::json::parse(read_text(folder / kAbout));
    found.size = about.at("size").get<std::uint64_t>();
    found.names = about.at("names").get<std::vector<std::string>>();
  } catch (const std::exception&) {
    return std::nullopt;
  }
  found.complete = something_is_at(root_of(id));
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().filename() != kManifest && at->path().filename() != kAbout)
      found.stored_bytes += bytes_on_disk(at->path());
  return found;
}

ManifestPtr CacheFolder::manifest(const ContentId& id) const {
  const fs::path file = folder_of(id) / kManifest;
  try {
    if (!something_is_at(file) || fs::file_size(file) > config::Manifest::kMaxTextBytes) return nullptr;
    if (auto known = check_manifest(read_text(file), id, file.string())) return known;
    spdlog::warn("{} is damaged: it is fetched again", file.string());
  } catch (const std::exception& error) {
    spdlog::warn("{}", error.what());
  }
  return nullptr;
}

void CacheFolder::keep(const KnownManifest& known, const std::vector<std::string>& names) {
  make_private(folder_of(known.id));
  replace_file(folder_of(known.id) / kManifest, known.text, Durability::in_memory);
  note(known.id, known.manifest.total_size(), names);
}

void CacheFolder::note(const ContentId& id, std::uint64_t size, const std::vector<std::string>& names) {
  std::vector<std::string> all = names;
  if (const auto before = look(id))
    for (const std::string& name : before->names)
      if (std::ranges::find(all, name) == all.end()) all.push_back(name);
  if (all.size() > kMostNames) all.resize(kMostNames);
  const nlohmann::json about = {{"size", size}, {"names", all}};
  replace_file(folder_of(id) / kAbout, about.dump() + "\n", Durability::in_memory);
}

void CacheFolder::touch(const ContentId& id) const {
  std::error_code ignored;
  fs::last_write_time(folder_of(id) / kAbout, fs::file_time_type::clock::now(), ignored);
}

void CacheFolder::remove(const ContentId& id) const {
  const fs::path folder = folder_of(id);
  std::error_code ignored;
  if (const ManifestPtr known = manifest(id); known && known->manifest.has_bytes()) {
    const Content content = content_of(root_of(id), known);
    remove_tree(content.root, content);
    for (const Scratch& pair : scratch_names(content)) {
      remove_tree(pair.part, content);
      if (Journal::is_at(pair.journal)) fs::remove(pair.journal, ignored);
    }
  }
  // Without them the rest is somebody else's.
  fs::remove(folder / kManifest, ignored);
  fs::remove(folder / kAbout, ignored);
  if (!fs::remove(folder, ignored))
    spdlog::warn("{} is not empty: what is left there is none of ours, and left alone", folder.string());
}

}  // namespace p2p
