#include "peer/node/got_files.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/replace_file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = ".peerProcess-got";
constexpr std::string_view kFirstLine = "{\"peerProcess_got\":1}\n";
constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;

std::string last_line(std::string_view text) {
  return "{\"check\":\"" + config::to_hex(xxh3_128(std::as_bytes(std::span(text)))) + "\"}\n";
}

std::optional<GotFile> seen(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return GotFile{.size = static_cast<std::uint64_t>(status.st_size),
                 .changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
                 .inode = status.st_ino};
}

/// Empty when there is nothing; none when there is no regular file that can be read.
std::optional<std::string> text_at(const fs::path& path) {
  if (!something_is_at(path)) return std::string();
  try {
    const File file(path, File::Mode::read_own);
    if (file.size() > kLargest) return std::nullopt;
    std::string text(file.size(), '\0');
    text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string got_text(const GotByName& files) {
  std::string text(kFirstLine);
  for (const auto& [name, file] : files) {
    const nlohmann::ordered_json line{{"name", name},
                                      {"content_id", config::to_hex(file.id)},
                                      {"size", file.size},
                                      {"changed_ns", file.changed_ns},
                                      {"inode", file.inode}};
    text += line.dump() + "\n";
  }
  return text + last_line(text);
}

std::optional<GotByName> parse_got(std::string_view text) {
  const std::size_t last = last_line({}).size();
  if (!text.starts_with(kFirstLine) || text.size() < kFirstLine.size() + last) return std::nullopt;
  const std::string_view before = text.substr(0, text.size() - last);
  if (text.substr(before.size()) != last_line(before)) return std::nullopt;
  GotByName files;
  try {
    for (std::size_t at = kFirstLine.size(); at < before.size();) {
      const std::size_t end = before.find('\n', at);
      if (end == std::string_view::npos) return std::nullopt;
      const auto line = nlohmann::json::parse(before.substr(at, end - at));
      GotFile file{.size = line.at("size").get<std::uint64_t>(),
                   .changed_ns = line.at("changed_ns").get<std::int64_t>(),
                   .inode = line.at("inode").get<std::uint64_t>()};
      const auto name = line.at("name").get<std::string>();
      if (!config::path_fault(name).empty() || !config::from_hex(line.at("content_id").get<std::string>(), file.id))
        return std::nullopt;
      files.insert_or_assign(name, file);
      at = end + 1;
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  return files;
}

GotFiles::GotFiles(fs::path folder) : folder_(std::move(folder)) {
  const auto text = text_at(path());
  auto files = text ? text->empty() ? GotByName() : parse_got(*text) : std::nullopt;
  if (files) {
    files_ = std::move(*files);
    return;
  }
  writable_ = false;
  spdlog::warn("{} is no list of what was fetched before, or is damaged; it is left as it is, and so is all else here",
               path().string());
}

fs::path GotFiles::path() const { return folder_ / kName; }

const GotFile* GotFiles::find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

bool GotFiles::is_as_put(const std::string& name) const {
  const GotFile* const got = find(name);
  if (!got || !is_below(folder_, name)) return false;
  auto now = seen(folder_ / name);
  if (now) now->id = got->id;
  return now == *got;
}

void GotFiles::put(const std::string& name, const ContentId& id) {
  auto file = seen(folder_ / name);
  if (!file) return;
  file->id = id;
  files_.insert_or_assign(name, *file);
  touched_.insert(name);
}

void GotFiles::forget(const std::string& name) {
  files_.erase(name);
  touched_.insert(name);
}

bool GotFiles::remove(const std::string& name) {
  const bool ours = is_as_put(name);
  if (ours && ::unlink((folder_ / name).c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "remove " + (folder_ / name).string());
  forget(name);
  if (!ours) return false;
  for (fs::path folder = fs::path(name).parent_path(); !folder.empty(); folder = folder.parent_path())
    if (::rmdir((folder_ / folder).c_str()) != 0) break;
  return true;
}

void GotFiles::save() {
  if (!writable_ || touched_.empty()) return;
  try {
    const auto text = text_at(path());
    auto there = text ? text->empty() ? GotByName() : parse_got(*text) : std::nullopt;
    if (!there)
      throw std::system_error(EEXIST, std::generic_category(), "replace " + path().string() + ", which is not ours");
    for (const std::string& name : touched_) {
      there->erase(name);
      if (const GotFile* const got = find(name)) there->emplace(name, *got);
    }
    replace_file(path(), got_text(*there), Durability::in_memory);
    touched_.clear();
  } catch (const std::system_error& error) {
    writable_ = false;
    spdlog::warn("cannot keep a list of what was fetched: {}", error.what());
  }
}

bool is_below(const fs::path& folder, const std::string& name) {
  for (const std::string_view above : config::folders_of(name)) {
    struct stat status {};
    if (::lstat((folder / above).c_str(), &status) != 0) return errno == ENOENT;
    if (!S_ISDIR(status.st_mode)) return false;
  }
  return true;
}

}  // namespace p2p
