#include "peer/storage/replace_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>

#include "peer/storage/file.hpp"

namespace p2p {
namespace {

constexpr std::string_view kPrefix = ".peerProcess-";
constexpr std::string_view kSuffix = ".new";
constexpr std::size_t kDigits = 16;

std::string temporary_name() {
  std::random_device random;
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x%08x", random(), random());
  return std::string(kPrefix) + digits + std::string(kSuffix);
}

/// The permissions of the file that is to be replaced; none when there is none.
std::optional<std::uint32_t> old_permissions(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode))
    throw std::system_error(EEXIST, std::generic_category(), "replace " + path.string() + ", which is no regular file");
  return status.st_mode & 0777;
}

/// The temporary file; gone when it was not kept.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& folder) : file_(File::create(folder / temporary_name())) {}
  ~Temporary() {
    if (!kept_) ::unlink(file_.path().c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  File& file() { return file_; }
  void keep_as(const std::filesystem::path& target) {
    std::filesystem::rename(file_.path(), target);
    kept_ = true;
  }

 private:
  File file_;
  bool kept_ = false;
};

}  // namespace

void replace_file(const std::filesystem::path& path, std::string_view bytes, Durability durability) {
  const auto permissions = old_permissions(path);
  const auto content = std::as_bytes(std::span(bytes.data(), bytes.size()));
  try {
    const auto sync = durability == Durability::on_disk ? File::Sync::yes : File::Sync::no;
    if (!permissions && File::create_at_once(path, content, sync)) return;
    Temporary temporary(path.parent_path());
    temporary.file().write_at(0, content);
    if (permissions && temporary.file().mode() != *permissions) (void)::fchmod(temporary.file().descriptor(), *permissions);
    if (durability == Durability::on_disk) temporary.file().sync();
    temporary.keep_as(path);
  } catch (const std::system_error& error) {
    // The user knows the target's name, not the temporary one.
    throw std::system_error(error.code(), "create " + path.string());
  }
}

bool is_temporary_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return false;
  return name.substr(kPrefix.size(), kDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace p2p
