#include "peer/share/manifest_cache.hpp"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/read_text.hpp"
#include "peer/storage/replace_file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = ".peerProcess";
constexpr const char* kIndex = "index";
constexpr const char* kSuffix = ".manifest";

std::string line_of(const std::string& name, const SeenFile& file, const ContentId& id,
                    const std::optional<ContentId>& digest) {
  nlohmann::ordered_json line{{"name", name},
                              {"size", file.size},
                              {"changed_ns", file.changed_ns},
                              {"inode", file.inode},
                              {"executable", file.executable},
                              {"content_id", config::to_hex(id)}};
  if (digest) line["sha256"] = config::to_hex(*digest);
  return line.dump() + "\n";
}

/// None for a line that is torn or something else.
std::optional<HashedFile> parse_line(const std::string& text) {
  try {
    const auto line = nlohmann::json::parse(text);
    HashedFile hashed{.file = {.name = line.at("name").get<std::string>(),
                               .size = line.at("size").get<std::uint64_t>(),
                               .changed_ns = line.at("changed_ns").get<std::int64_t>(),
                               .inode = line.at("inode").get<std::uint64_t>(),
                               .executable = line.at("executable").get<bool>()}};
    if (!config::from_hex(line.at("content_id").get<std::string>(), hashed.id)) return std::nullopt;
    if (line.contains("sha256") && !config::from_hex(line.at("sha256").get<std::string>(), hashed.digest.emplace()))
      return std::nullopt;
    return hashed;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

SeenFile without_name(SeenFile file) {
  file.name = {};
  return file;
}

/// Empty when it is no regular file that can be read.
std::string text_of(const fs::path& path) {
  try {
    const File file(path, File::Mode::read_own);
    std::string text(file.size(), '\0');
    text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
  } catch (const std::system_error&) {
    return {};
  }
}

/// Of a name as path_of() makes them; none of any other.
std::optional<ContentId> id_in(const std::string& name) {
  ContentId id;
  if (!name.ends_with(kSuffix) || !config::from_hex(name.substr(0, name.size() - std::string_view(kSuffix).size()), id))
    return std::nullopt;
  return id;
}

}  // namespace

ManifestCache::ManifestCache(const fs::path& shared, bool on_disk) : folder_(shared / kFolder), writable_(on_disk) {
  if (!on_disk) return;
  std::error_code error;
  fs::create_directory(folder_, error);
  if (!error && !fs::is_directory(fs::symlink_status(folder_, error)))
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) {
    stop_writing(error.message());
    return;
  }
  lock_.emplace(folder_, "one process shares a folder");
  read_index();
}

void ManifestCache::read_index() {
  std::istringstream in(text_of(folder_ / kIndex));
  for (std::string line; std::getline(in, line);)
    if (auto parsed = parse_line(line))
      index_.insert_or_assign(parsed->file.name, Known{without_name(parsed->file), parsed->id, parsed->digest});
}

void ManifestCache::stop_writing(const std::string& why) {
  if (std::exchange(writable_, false))
    spdlog::warn("cannot keep manifests in {}: {}; files are hashed again at the next start", folder_.string(), why);
}

fs::path ManifestCache::path_of(const ContentId& id) const { return folder_ / (config::to_hex(id) + kSuffix); }

const ManifestCache::Known* ManifestCache::known(const SeenFile& file) const {
  const auto found = index_.find(file.name);
  return found != index_.end() && found->second.file == without_name(file) ? &found->second : nullptr;
}

std::optional<ContentId> ManifestCache::find(const SeenFile& file) const {
  const Known* const found = known(file);
  std::error_code ignored;
  if (!found || !(found->digest || in_memory_.contains(found->id) || fs::exists(path_of(found->id), ignored)))
    return std::nullopt;
  return found->id;
}

std::optional<ContentId> ManifestCache::digest_of(const std::string& name, const ContentId& id) const {
  const auto found = index_.find(name);
  return found != index_.end() && found->second.id == id ? found->second.digest : std::nullopt;
}

ManifestPtr ManifestCache::load(const SeenFile& file) const {
  const Known* const found = known(file);
  if (!found) return nullptr;
  const auto in_memory = in_memory_.find(found->id);
  try {
    const std::string text = found->digest                   ? config::manifest_text(manifest_of(file, *found->digest))
                             : in_memory != in_memory_.end() ? in_memory->second
                                                             : text_of(path_of(found->id));
    return check_manifest(text, found->id, path_of(found->id).string());
  } catch (const config::ConfigError&) {
    return nullptr;  // the right SHA-256 and no manifest: nobody of us wrote it
  }
}

void ManifestCache::put(const HashedFile& hashed) {
  index_.insert_or_assign(hashed.file.name, Known{without_name(hashed.file), hashed.id, hashed.digest});
  if (writable_) {
    try {
      if (!hashed.digest) replace_file(path_of(hashed.id), hashed.text, Durability::in_memory);
      append(line_of(hashed.file.name, hashed.file, hashed.id, hashed.digest));
      return;
    } catch (const std::system_error& error) {
      stop_writing(error.what());
    }
  }
  if (!hashed.digest) in_memory_.insert_or_assign(hashed.id, hashed.text);
}

void ManifestCache::append(const std::string& lines) {
  const fs::path path = folder_ / kIndex;
  if (!index_file_) {
    index_file_.emplace(something_is_at(path) ? File(path, File::Mode::read_write) : File::create(path));
    index_bytes_ = index_file_->size();
  }
  index_file_->write_at(index_bytes_, std::as_bytes(std::span(lines)));
  index_bytes_ += lines.size();
}

void ManifestCache::keep_only(const std::vector<SeenFile>& files) {
  std::unordered_map<std::string, Known> kept;
  std::set<ContentId> ids;
  std::string lines;
  for (const SeenFile& file : files) {
    const Known* const found = known(file);
    if (!found) continue;
    lines += line_of(file.name, file, found->id, found->digest);
    if (!found->digest) ids.insert(found->id);
    kept.emplace(file.name, *found);
  }
  index_ = std::move(kept);
  index_file_.reset();
  std::erase_if(in_memory_, [&](const auto& each) { return !ids.contains(each.first); });
  if (!writable_) return;
  try {
    replace_file(folder_ / kIndex, lines, Durability::in_memory);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      const auto id = id_in(entry.path().filename());
      const bool needless = is_leftover(entry.path()) || (id && !ids.contains(*id));
      if (needless && fs::is_regular_file(entry.symlink_status())) fs::remove(entry.path());
    }
  } catch (const std::system_error& error) {
    stop_writing(error.what());
  }
}

}  // namespace p2p
