#include "peer/storage/replace_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>

#include "config/hex.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

// Manifests and lists are written so; none is larger.
constexpr std::uint64_t kLargestLeftover = std::uint64_t{256} << 20;
constexpr std::string_view kPrefix = ".peerProcess-";
constexpr std::string_view kSuffix = ".new";
constexpr std::size_t kTagDigits = 16;
constexpr std::size_t kDigestDigits = 32;

/// `.peerProcess-`, a tag of 16 digits, the XXH3-128 of the tag and the bytes, and `.new`.
std::string temporary_name(std::string_view tag, std::string_view bytes) {
  Digester digester(config::PieceHash::xxh3);
  for (const std::string_view each : {tag, bytes}) digester.add(std::as_bytes(std::span(each)));
  Xxh3Digest digest{};
  digester.finish(digest);
  return std::string(kPrefix).append(tag).append(config::to_hex(digest)).append(kSuffix);
}

std::string random_tag() {
  std::random_device random;
  char digits[kTagDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x%08x", random(), random());
  return digits;
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
  Temporary(const std::filesystem::path& folder, std::string_view bytes)
      : file_(File::create_with(folder / temporary_name(random_tag(), bytes), std::as_bytes(std::span(bytes)))) {}
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
  try {
    const auto sync = durability == Durability::on_disk ? File::Sync::yes : File::Sync::no;
    if (!permissions && File::create_at_once(path, std::as_bytes(std::span(bytes)), sync)) return;
    Temporary temporary(path.parent_path(), bytes);
    if (permissions && temporary.file().mode() != *permissions)
      (void)::fchmod(temporary.file().descriptor(), *permissions);
    if (durability == Durability::on_disk) temporary.file().sync();
    temporary.keep_as(path);
  } catch (const std::system_error& error) {
    // The user knows the target's name, not the temporary one.
    throw std::system_error(error.code(), "create " + path.string());
  }
}

bool is_leftover(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.size() != kPrefix.size() + kTagDigits + kDigestDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix))
    return false;
  try {
    const File file(path, File::Mode::read_own);
    if (file.size() > kLargestLeftover) return false;
    std::string bytes(file.size(), '\0');
    bytes.resize(file.read_at(0, std::as_writable_bytes(std::span(bytes))));
    return name == temporary_name(std::string_view(name).substr(kPrefix.size(), kTagDigits), bytes);
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace p2p
