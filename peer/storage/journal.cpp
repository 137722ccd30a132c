#include "peer/storage/journal.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

constexpr std::string_view kMagic = "P2PFILE JOURNAL1";
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kRecordBytes = 32;
constexpr std::size_t kCheckedBytes = 24;
using Block = std::array<std::byte, 32>;

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

}  // namespace

Journal::Journal(const std::filesystem::path& path, const Xxh3Digest& key) : file_(path, File::Mode::read_write_create), key_(key) {
  read();
  if (size_ > 0) return;
  const Block first = header(key_);
  file_.truncate(0);
  file_.write_at(0, first);
  size_ = kHeaderBytes;
}

void Journal::read() {
  Block block{};
  if (file_.read_at(0, block) < kHeaderBytes || block != header(key_)) return;
  size_ = kHeaderBytes;
  while (file_.read_at(size_, block) == kRecordBytes) {
    Record record{PieceIndex{load_u32(std::span(block).first<4>())}, {}};
    std::copy_n(block.begin() + 8, record.digest.size(), record.digest.begin());
    if (encode(record, key_) != block) break;
    records_.push_back(record);
    size_ += kRecordBytes;
  }
  // What is behind the last whole record is torn.
  if (file_.size() > size_) file_.truncate(size_);
}

void Journal::append(const Record& record) {
  // After a failure a part of the record may stand there: reading stops at it, and the next record goes over it.
  file_.write_at(size_, encode(record, key_));
  size_ += kRecordBytes;
}

}  // namespace p2p
