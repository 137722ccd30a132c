#include "peer/content/source.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <optional>
#include <set>
#include <system_error>

#include "config/manifest_path.hpp"
#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw ExitError(ExitCode::io, config::printable(path.native()) + ": " + why);
}

struct stat looked_at(const fs::path& path, bool follow_link) {
  struct stat status {};
  if ((follow_link ? ::stat(path.c_str(), &status) : ::lstat(path.c_str(), &status)) != 0)
    refuse(path, std::error_code(errno, std::generic_category()).message());
  return status;
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error); !error && it != fs::directory_iterator(); it.increment(error))
    entries.push_back(it->path());
  if (error) refuse(directory, error.message());
  return entries;
}

class Finder {
 public:
  /// Takes the file or the tree at `path` in as `name`; an empty name is the content's folder itself.
  void take(const fs::path& path, const std::string& name, bool follow_link) {
    const struct stat status = looked_at(path, follow_link);
    if (const std::string fault = name.empty() ? "" : config::path_fault(name); !fault.empty())
      refuse(path, "its path " + fault + ", which a manifest cannot have");
    if (S_ISREG(status.st_mode)) {
      const config::ManifestFile entry{name, static_cast<std::uint64_t>(status.st_size),
                                       (status.st_mode & S_IXUSR) != 0 ? 0755u : 0644u};
      source.files.push_back({entry, path, status.st_mtim, status.st_ino});
    } else if (S_ISDIR(status.st_mode)) {
      // A list, not an open directory for each level: there may be more levels than a process may open.
      const std::vector<fs::path> entries = entries_of(path);
      if (std::ranges::all_of(entries, is_own) && !name.empty()) source.folders.push_back(name);
      for (const fs::path& entry : entries)
        if (!is_own(entry)) take(entry, (name.empty() ? "" : name + "/") + entry.filename().native(), false);
    } else {
      refuse(path, std::string(S_ISLNK(status.st_mode) ? "is a symbolic link" : "is a special file") +
                       "; a manifest has regular files and folders only");
    }
  }

  Source source;
};

/// The name that a path of the user's gives to what is there: "data" for data, data/, ./data and, inside it, for the
/// current directory.
std::string base_name(const fs::path& path) {
  fs::path name = path.lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  name = name.filename();
  if (name.empty() || name == "." || name == "..") name = fs::canonical(path).filename();
  return name.native();
}

}  // namespace

std::uint64_t Source::total_size() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const SourceFile& file) { return sum + file.entry.size; });
}

Source find_source(const std::vector<fs::path>& paths) {
  Finder finder;
  if (paths.size() == 1) {
    const bool is_directory = S_ISDIR(looked_at(paths[0], true).st_mode);
    finder.source.folder = is_directory;
    const std::string name = is_directory ? "" : base_name(paths[0]);
    if (const std::string fault = config::file_name_fault(name); !fault.empty()) refuse(paths[0], "its name " + fault);
    finder.take(paths[0], name, true);
  } else {
    finder.source.folder = true;
    std::set<std::string> names;
    for (const fs::path& path : paths) {
      const std::string name = base_name(path);
      if (!names.insert(name).second)
        throw ExitError(ExitCode::usage, "two of the paths are named " + config::in_quotes(name) +
                                             "; in one folder there can be but one");
      finder.take(path, name, true);
    }
  }
  Source& source = finder.source;
  std::ranges::sort(source.files, {}, [](const SourceFile& file) -> const std::string& { return file.entry.path; });
  std::ranges::sort(source.folders);
  if (source.total_size() == 0) refuse(paths[0], "has no bytes to exchange");
  std::vector<std::string_view> all(source.folders.begin(), source.folders.end());
  for (const SourceFile& file : source.files) all.push_back(file.entry.path);
  if (const auto collision = config::path_collision(all))
    refuse(paths[0], *collision + ", and would be one file where names have no case");
  return std::move(source);
}

void check_unchanged(const Source& source) {
  for (const SourceFile& file : source.files) {
    const struct stat status = looked_at(file.path, true);
    if (static_cast<std::uint64_t>(status.st_size) != file.entry.size || status.st_mtim.tv_sec != file.changed.tv_sec ||
        status.st_mtim.tv_nsec != file.changed.tv_nsec || status.st_ino != file.inode)
      refuse(file.path, "changed while it was hashed");
  }
}

}  // namespace p2p
