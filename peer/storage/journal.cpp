#include "peer/storage/journal.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "peer/storage/store_error.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

constexpr std::string_view kMagic = "P2PFILE JOURNAL1";
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kRecordBytes = 32;
constexpr std::size_t kCheckedBytes = 24;
using Block = std::array<std::byte, 32>;
// Nothing hashes to it, but by an accident of 1 in 2^128.
constexpr Xxh3Digest kNoDigest{};

std::uint64_t check_of(const Block& record, const Xxh3Digest& key) {
  std::array<std::byte, kCheckedBytes + 16> checked{};
  std::copy_n(record.begin(), kCheckedBytes, checked.begin());
  std::ranges::copy(key, checked.begin() + kCheckedBytes);
  return XXH3_64bits(checked.data(), checked.size());
}

Block header(const Xxh3Digest& key) {
  Block block{};
  std::memcpy(block.data(), kMagic.data(), kMagic.size());
  std::ranges::copy(key, block.begin() + kMagic.size());
  return block;
}

Block encode(const Journal::Record& record, const Xxh3Digest& key) {
  Block block{};
  store_u32(record.piece.value, std::span(block).first<4>());
  std::ranges::copy(record.digest, block.begin() + 8);
  const std::uint64_t check = check_of(block, key);
  store_u32(static_cast<std::uint32_t>(check >> 32), std::span(block).subspan<24, 4>());
  store_u32(static_cast<std::uint32_t>(check), std::span(block).subspan<28, 4>());
  return block;
}

/// Opening fails so when the name is somebody else's.
bool is_not_ours(const std::error_code& error) {
  for (const int each : {ENOENT, ENOTDIR, EISDIR, ELOOP, EINVAL, ENXIO, EACCES, EPERM, ENAMETOOLONG})
    if (error.value() == each) return true;
  return false;
}

/// The file and its first bytes; none when there is no regular file that can be opened.
std::optional<std::pair<File, Block>> open_with_header(const std::filesystem::path& path) {
  try {
    File file(path, File::Mode::read_write);
    Block block{};
    file.read_at(0, block);
    return std::pair(std::move(file), block);
  } catch (const std::system_error& error) {
    if (is_not_ours(error.code())) return std::nullopt;
    throw;
  }
}

}  // namespace

Journal::Journal(File file, const Xxh3Digest& key) : file_(std::move(file)), key_(key) {}

std::optional<Journal> Journal::open(const std::filesystem::path& path, const Xxh3Digest& key) {
  constexpr int kMostRaces = 100;
  for (int races = 0; races < kMostRaces; ++races) {
    auto found = open_with_header(path);
    if (!found || found->second != header(key)) return std::nullopt;
    Journal journal(std::move(found->first), key);
    journal.lock();
    if (!journal.is_under_its_name()) continue;  // it was removed by a process that completed
    journal.read();
    return journal;
  }
  throw StoreError(StoreFault::unusable,
                   path.string() + " cannot be held: " + std::to_string(kMostRaces) +
                       " times its name led to another file than the one that had just been opened; use another "
                       "folder, on a file system that tells files apart");
}

Journal Journal::create(const std::filesystem::path& path, const Xxh3Digest& key) {
  File::create_with(path, header(key));
  // Opened by its name: the descriptor of a file that had none is called deleted wherever the kernel shows it.
  if (auto journal = open(path, key)) return std::move(*journal);
  throw std::system_error(EEXIST, std::generic_category(), "create " + path.string());
}

bool Journal::is_at(const std::filesystem::path& path) {
  try {
    const File file(path, File::Mode::read_own);
    std::array<std::byte, kMagic.size()> magic{};
    file.read_at(0, magic);
    return std::memcmp(magic.data(), kMagic.data(), kMagic.size()) == 0;
  } catch (const std::system_error&) {
    return false;
  }
}

bool Journal::is_under_its_name() const {
  struct stat open {
  }, named{};
  return ::fstat(file_.descriptor(), &open) == 0 && ::lstat(file_.path().c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

void Journal::lock() const {
  // A file system without locks has none: then the user must see to it.
  if (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw StoreError(StoreFault::unusable,
                     "another process is fetching this content: it holds " + file_.path().string());
}

void Journal::read() {
  Block block{};
  size_ = kHeaderBytes;
  while (file_.read_at(size_, block) == kRecordBytes) {
    Record record{PieceIndex{load_u32(std::span(block).first<4>())}, {}};
    std::copy_n(block.begin() + 8, record.digest.size(), record.digest.begin());
    if (encode(record, key_) != block) break;
    records_.push_back(record);
    size_ += kRecordBytes;
  }
  // The bytes behind the last whole record are torn.
  if (file_.size() > size_) file_.truncate(size_);
}

void Journal::remove() {
  // Its name may be somebody else's by now.
  if (is_under_its_name()) ::unlink(file_.path().c_str());
}

void Journal::revoke(const Bitfield& pieces) {
  Block block{};
  for (std::uint64_t at = kHeaderBytes; at < size_ && file_.read_at(at, block) == kRecordBytes; at += kRecordBytes)
    if (const PieceIndex piece{load_u32(std::span(block).first<4>())};
        piece.value < pieces.size() && pieces.test(piece))
      file_.write_at(at, encode({piece, kNoDigest}, key_));
}

void Journal::append(const Record& record) {
  // After a failure a part of the record may stand there: reading stops at it, and the next record goes over it.
  file_.write_at(size_, encode(record, key_));
  size_ += kRecordBytes;
}

}  // namespace p2p
