#include "peer/share/folder_scan.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <unordered_set>
#include <utility>

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

/// A file that group and others may not read, a folder that they may not enter. The root's own mode does not matter:
/// its owner has named it.
bool is_for_owner_alone(const struct stat& status) {
  const mode_t needed = S_ISDIR(status.st_mode) ? S_IXGRP | S_IXOTH : S_IRGRP | S_IROTH;
  return (status.st_mode & needed) == 0;
}

/// The name below `root` of what the link leads to in the end; none when that is elsewhere, or nothing, or when the
/// links go round in a circle.
std::optional<std::string> target_below(const fs::path& root, const fs::path& link) {
  std::error_code error;
  const std::string inside = (fs::canonical(root, error) / "").string();
  if (error) return std::nullopt;
  const std::string target = fs::canonical(link, error).string();
  if (error || !target.starts_with(inside)) return std::nullopt;
  return target.substr(inside.size());
}

class Scanner {
 public:
  Scanner(const fs::path& root, const IsHidden& is_hidden, const Reserve& reserve,
          const std::function<void(const fs::path&)>& on_folder)
      : root_(root), is_hidden_(is_hidden), reserve_(reserve), on_folder_(on_folder) {}

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
    take_links();
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
    if (std::size_t* const count = reason_to_leave_out(name, status)) {
      ++*count;
      return;
    }
    const bool is_folder = S_ISDIR(status.st_mode);
    std::string fault = config::path_fault(name);
    if (fault.empty() && !is_folder)
      fault = config::file_name_fault(name.substr(name.rfind('/') + 1));  // npos + 1 is 0
    if (!fault.empty()) return refuse(name, fault);
    if (is_folder) {
      folders_.push_back(name);
      scan_.folders.push_back(name);
    } else if (S_ISLNK(status.st_mode)) {
      links_.push_back(name);
    } else {
      scan_.files.push_back(seen(name, status));
    }
  }

  /// Where it is counted; null when it is offered, or entered.
  std::size_t* reason_to_leave_out(const std::string& name, const struct stat& status) {
    LeftOut& out = scan_.left_out;
    if (!reserve_.hidden && name[name.rfind('/') + 1] == '.') return &out.hidden;  // npos + 1 is 0
    if (S_ISLNK(status.st_mode)) return reserve_.links ? nullptr : &out.links;
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) return &out.special;
    if (!reserve_.unreadable && is_for_owner_alone(status)) return &out.unreadable;
    return nullptr;
  }

  /// What is hidden, private, ours or outside cannot be reached through a link: only files that are offered themselves.
  void take_links() {
    std::unordered_set<std::string> offered;
    if (!links_.empty())
      for (const SeenFile& file : scan_.files) offered.insert(file.name);
    for (const std::string& name : links_) {
      const auto target = target_below(root_, root_ / name);
      auto file = target && offered.contains(*target) ? see_file(root_, name, true) : std::nullopt;
      if (file)
        scan_.files.push_back(std::move(*file));
      else
        ++scan_.left_out.links;
    }
  }

  void refuse(const std::string& name, const std::string& why) {
    scan_.refused.insert(config::in_quotes(name) + " " + why);
  }

  const fs::path& root_;
  const IsHidden& is_hidden_;
  const Reserve& reserve_;
  const std::function<void(const fs::path&)>& on_folder_;
  std::vector<std::string> folders_;
  std::vector<std::string> links_;  ///< Names; their targets may not have been looked at yet.
  FolderScan scan_;
};

}  // namespace

std::string describe(const LeftOut& left_out) {
  std::string text;
  const auto add = [&](std::size_t count, const char* one, const char* several) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + (count == 1 ? one : several);
  };
  add(left_out.hidden, "hidden name (see --hidden)", "hidden names (see --hidden)");
  add(left_out.unreadable, "that others may not read (see --private)", "that others may not read (see --private)");
  add(left_out.links, "symbolic link", "symbolic links");
  add(left_out.special, "special file", "special files");
  return text;
}

FolderScan scan_folder(const fs::path& root, const IsHidden& is_hidden, const Reserve& reserve,
                       const std::function<void(const fs::path&)>& on_folder) {
  return Scanner(root, is_hidden, reserve, on_folder).run();
}

std::optional<PlacedFile> find_file(const fs::path& root, const std::string& name, bool follow_links) {
  struct stat status {};
  fs::path path = root / name;
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (follow_links && S_ISLNK(status.st_mode)) {
    const auto target = target_below(root, path);
    if (!target) return std::nullopt;
    path = root / *target;
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return PlacedFile{seen(name, status), std::move(path)};
}

std::optional<SeenFile> see_file(const fs::path& root, const std::string& name, bool follow_links) {
  auto found = find_file(root, name, follow_links);
  return found ? std::optional(std::move(found->seen)) : std::nullopt;
}

bool is_unfinished_or_ours(const fs::path& root, const std::string& name) {
  return name.ends_with(kPart) || is_own(root / name);
}

}  // namespace p2p
