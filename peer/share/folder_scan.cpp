#include "peer/share/folder_scan.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part";

SeenFile seen(std::string name, const struct stat& status) {
  return {.name = std::move(name),
          .size = static_cast<std::uint64_t>(status.st_size),
          .changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
          .inode = status.st_ino,
          .executable = (status.st_mode & S_IXUSR) != 0};
}

std::vector<std::string> entries_of(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) throw std::system_error(errno, std::generic_category(), "read the folder " + folder.string());
  std::vector<std::string> names;
  for (const dirent* entry = ::readdir(open.get()); entry; entry = ::readdir(open.get()))
    if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  return names;
}

class Scanner {
 public:
  Scanner(const fs::path& root, const IsHidden& is_hidden, const std::function<void(const fs::path&)>& on_folder)
      : root_(root), is_hidden_(is_hidden), on_folder_(on_folder) {}

  FolderScan run() {
    // A list, not a recursion: there may be more levels than a stack or the open files of a process allow.
    read("");
    while (!folders_.empty()) {
      const std::string folder = std::move(folders_.back());
      folders_.pop_back();
      try {
        read(folder + "/");
      } catch (const std::system_error& error) {
        if (error.code().value() != ENOENT) refuse(folder, error.code().message());
      }
    }
    return std::move(scan_);
  }

 private:
  /// `prefix`: the folder's name with a slash; empty for the root.
  void read(const std::string& prefix) {
    const fs::path folder = root_ / prefix;
    on_folder_(folder);
    for (const std::string& entry : entries_of(folder)) look_at(prefix + entry);
  }

  void look_at(const std::string& name) {
    struct stat status {};
    if (is_hidden_(name) || ::lstat((root_ / name).c_str(), &status) != 0) return;
    const bool is_folder = S_ISDIR(status.st_mode);
    if (!is_folder && !S_ISREG(status.st_mode)) return;
    std::string fault = config::path_fault(name);
    if (fault.empty() && !is_folder) fault = config::file_name_fault(name.substr(name.rfind('/') + 1));  // npos + 1 is 0
    if (!fault.empty()) return refuse(name, fault);
    if (is_folder)
      folders_.push_back(name);
    else if (status.st_size > 0)
      scan_.files.push_back(seen(name, status));
  }

  void refuse(const std::string& name, const std::string& why) { scan_.refused.insert(config::quoted(name) + " " + why); }

  const fs::path& root_;
  const IsHidden& is_hidden_;
  const std::function<void(const fs::path&)>& on_folder_;
  std::vector<std::string> folders_;
  FolderScan scan_;
};

}  // namespace

FolderScan scan_folder(const fs::path& root, const IsHidden& is_hidden, const std::function<void(const fs::path&)>& on_folder) {
  return Scanner(root, is_hidden, on_folder).run();
}

std::optional<SeenFile> see_file(const fs::path& root, const std::string& name) {
  struct stat status {};
  if (::lstat((root / name).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return seen(name, status);
}

bool is_unfinished_or_ours(const fs::path& root, const std::string& name) { return name.ends_with(kPart) || is_own(root / name); }

}  // namespace p2p
