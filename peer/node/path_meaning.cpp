#include "peer/node/path_meaning.hpp"

#include <algorithm>
#include <utility>

#include "config/manifest_path.hpp"
#include "protocol/assert.hpp"

namespace p2p {

void Listing::add(std::string_view name, std::uint64_t size, const std::optional<ContentId>& id) {
  if (!name.starts_with(folder_) || name.size() == folder_.size()) return;
  const std::string_view below = name.substr(folder_.size());
  const std::size_t slash = below.find('/');
  const bool is_deeper = slash != std::string_view::npos;
  const std::string_view part = is_deeper ? below.substr(0, slash + 1) : below;
  const auto found = entries_.find(part);
  if (found == entries_.end()) {
    FoundFolder::Entry entry{.name = std::string(part), .size = size};
    if (!is_deeper) entry.id = id;
    entries_.emplace(part, std::move(entry));
  } else if (is_deeper) {
    found->second.size += size;
  } else {
    ++found->second.contents;
    found->second.id.reset();
  }
}

FoundFolderPtr Listing::folder(const std::optional<ContentId>& id) const {
  FoundFolder found{.id = id, .entries = {}};
  for (const auto& [name, entry] : entries_) found.entries.push_back(entry);
  return std::make_shared<const FoundFolder>(std::move(found));
}

Inside look_inside(const KnownManifest& known, std::string_view path) {
  const config::Manifest& manifest = known.manifest;
  if (!manifest.folder) {
    if (path.empty() || path == manifest.files.front().path) return {.file = 0};
    return {};
  }
  const bool wants_listing = path.ends_with('/');
  if (wants_listing) path.remove_suffix(1);
  const auto file = std::ranges::lower_bound(manifest.files, path, {}, &config::ManifestFile::path);
  if (file != manifest.files.end() && file->path == path && !wants_listing)
    return {.file = static_cast<std::size_t>(file - manifest.files.begin())};
  const std::string folder = path.empty() ? std::string() : std::string(path) + "/";
  Listing listing(folder);
  for (auto each = std::ranges::lower_bound(manifest.files, folder, {}, &config::ManifestFile::path);
       each != manifest.files.end() && each->path.starts_with(folder); ++each)
    listing.add(each->path, each->size, std::nullopt);
  bool is_there = !listing.empty();
  for (const std::string& each : manifest.folders) {
    listing.add(each + "/", 0, std::nullopt);
    is_there = is_there || each + "/" == folder;
  }
  if (!is_there) return {};
  return {.folder = listing.folder(known.id)};
}

Named look_among(const Names& names, std::string_view path) {
  const bool wants_listing = path.ends_with('/');
  const std::string_view bare = path.substr(0, path.size() - wants_listing);
  if (const auto exact = names.find(bare); exact != names.end())
    return {.content = &exact->second, .below = path.substr(bare.size())};
  for (const std::string_view above : config::folders_of(bare))
    if (const auto around = names.find(above); around != names.end())
      return {.content = &around->second, .below = path.substr(above.size() + 1)};
  const std::string folder = bare.empty() ? std::string() : std::string(bare) + "/";
  Listing listing(folder);
  for (auto each = names.lower_bound(folder); each != names.end() && each->first.starts_with(folder); ++each)
    listing.add(each->first, each->second.size, each->second.id);
  if (listing.empty() && !bare.empty()) return {};
  return {.folder = listing.folder()};
}

std::string last_part(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

namespace {

class NoBytes final : public ByteSource {
 public:
  std::unique_ptr<ByteReader> open(std::uint64_t, std::uint64_t, std::function<void()>) override {
    P2P_ASSERT(false);  // the file has no bytes to read
    return nullptr;
  }
};

}  // namespace

std::shared_ptr<ByteSource> no_bytes() { return std::make_shared<NoBytes>(); }

}  // namespace p2p
