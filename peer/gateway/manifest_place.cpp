#include "peer/gateway/manifest_place.hpp"

#include <map>
#include <string>
#include <utility>

namespace p2p {

std::variant<ManifestPlace, FoundFolder, NoPlace> place_in(const config::Manifest& manifest, const ContentId& id,
                                                           std::string_view inside) {
  if (!manifest.folder) {
    if (inside.empty()) return ManifestPlace{0};
    return NoPlace{};
  }
  const bool wants_folder = inside.empty() || inside.ends_with('/');
  const std::string prefix = wants_folder ? std::string(inside) : std::string(inside) + "/";
  std::map<std::string, FoundFolder::Entry> entries;
  bool is_there = inside.empty();
  const auto add = [&](std::string_view path, std::uint64_t size, bool is_folder) {
    is_there = true;
    const std::size_t slash = path.find('/');
    const std::string name = slash == std::string_view::npos ? std::string(path) + (is_folder ? "/" : "")
                                                             : std::string(path.substr(0, slash + 1));
    entries.try_emplace(name, FoundFolder::Entry{.name = name}).first->second.size += size;
  };
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    const std::string_view path = manifest.files[i].path;
    if (!wants_folder && path == inside) return ManifestPlace{i};
    if (path.starts_with(prefix)) add(path.substr(prefix.size()), manifest.files[i].size, false);
  }
  for (const std::string& path : manifest.folders) {
    // It may be the one that is asked for.
    if (path + "/" == prefix) is_there = true;
    if (path.starts_with(prefix)) add(std::string_view(path).substr(prefix.size()), 0, true);
  }
  if (!is_there) return NoPlace{};
  FoundFolder found{.id = id, .entries = {}};
  for (auto& [name, entry] : entries) found.entries.push_back(std::move(entry));
  return found;
}

}  // namespace p2p
