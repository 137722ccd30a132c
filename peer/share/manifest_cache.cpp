#include "peer/share/manifest_cache.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "peer/exit_code.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = ".peerProcess";
constexpr const char* kIndex = "index";
constexpr const char* kSuffix = ".manifest";

std::string line_of(const SeenFile& file, const ContentId& id) {
  const nlohmann::ordered_json line{{"name", file.name},   {"size", file.size},           {"changed_ns", file.changed_ns},
                                    {"inode", file.inode}, {"executable", file.executable}, {"content_id", config::to_hex(id)}};
  return line.dump() + "\n";
}

/// None for a line that is torn or something else.
std::optional<std::pair<SeenFile, ContentId>> parse_line(const std::string& text) {
  try {
    const auto line = nlohmann::json::parse(text);
    const SeenFile file{.name = line.at("name").get<std::string>(),
                        .size = line.at("size").get<std::uint64_t>(),
                        .changed_ns = line.at("changed_ns").get<std::int64_t>(),
                        .inode = line.at("inode").get<std::uint64_t>(),
                        .executable = line.at("executable").get<bool>()};
    ContentId id;
    if (!config::from_hex(line.at("content_id").get<std::string>(), id)) return std::nullopt;
    return std::pair(file, id);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_whole(const fs::path& path, const std::string& text) {
  File unfinished(path.string() + ".part", File::Mode::read_write_create);
  unfinished.truncate(0);
  unfinished.write_at(0, std::as_bytes(std::span(text)));
  unfinished.rename_to(path);
}

}  // namespace

ManifestCache::ManifestCache(const fs::path& shared) : folder_(shared / kFolder) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    stop_writing(error.message());
    return;
  }
  lock_.emplace(folder_, "one process shares a folder");
  read_index();
}

void ManifestCache::read_index() {
  std::ifstream in(folder_ / kIndex, std::ios::binary);
  std::map<std::string, std::pair<SeenFile, ContentId>> last;
  for (std::string line; std::getline(in, line);)
    if (auto parsed = parse_line(line)) last.insert_or_assign(parsed->first.name, *parsed);
  for (auto& [name, parsed] : last) index_.insert(std::move(parsed));
}

void ManifestCache::stop_writing(const std::string& why) {
  if (std::exchange(writable_, false)) spdlog::warn("cannot keep manifests in {}: {}; files are hashed again at the next start", folder_.string(), why);
}

fs::path ManifestCache::path_of(const ContentId& id) const { return folder_ / (config::to_hex(id) + kSuffix); }

std::optional<ContentId> ManifestCache::find(const SeenFile& file) const {
  const auto found = index_.find(file);
  std::error_code ignored;
  if (found == index_.end() || !(in_memory_.contains(found->second) || fs::exists(path_of(found->second), ignored))) return std::nullopt;
  return found->second;
}

ManifestPtr ManifestCache::load(const ContentId& id) const {
  const auto in_memory = in_memory_.find(id);
  try {
    return check_manifest(in_memory != in_memory_.end() ? in_memory->second : read_text(path_of(id)), id, path_of(id).string());
  } catch (const config::ConfigError&) {
    return nullptr;  // the right SHA-256 and no manifest: nobody of us wrote it
  }
}

void ManifestCache::put(const SeenFile& file, const ContentId& id, const std::string& text) {
  index_.insert_or_assign(file, id);
  if (writable_) {
    try {
      write_whole(path_of(id), text);
      append(line_of(file, id));
      return;
    } catch (const std::system_error& error) {
      stop_writing(error.what());
    }
  }
  in_memory_.insert_or_assign(id, text);
}

void ManifestCache::append(const std::string& lines) const {
  std::ofstream out(folder_ / kIndex, std::ios::binary | std::ios::app);
  out << lines;
  out.flush();
  if (!out) throw std::system_error(errno, std::generic_category(), "write the index");
}

void ManifestCache::keep_only(const std::vector<SeenFile>& files) {
  std::map<SeenFile, ContentId> kept;
  std::set<std::string> names;
  std::string lines;
  for (const SeenFile& file : files) {
    const auto found = index_.find(file);
    if (found == index_.end()) continue;
    kept.insert(*found);
    names.insert(path_of(found->second).filename());
    lines += line_of(file, found->second);
  }
  index_ = std::move(kept);
  if (!writable_) return;
  try {
    write_whole(folder_ / kIndex, lines);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      if (entry.path().extension() == kSuffix && !names.contains(entry.path().filename())) fs::remove(entry.path());
  } catch (const std::system_error& error) {
    stop_writing(error.what());
  }
}

}  // namespace p2p
