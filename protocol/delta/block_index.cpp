#include "protocol/delta/block_index.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <tuple>

namespace p2p {
namespace {

// Of which at most a sixteenth is set: most offsets need no search.
constexpr std::uint64_t kFilterBitsPerBlock = 16;

}  // namespace

std::uint32_t BlockIndex::block_size_for(std::uint64_t old_size) {
  std::uint64_t size = kSmallestBlock;
  while (old_size / size > kMostBlocks) size *= 2;
  return static_cast<std::uint32_t>(size);
}

void BlockIndex::add(std::span<const std::byte> bytes) {
  for (; bytes.size() >= block_size_; bytes = bytes.subspan(block_size_)) {
    hash_.reset(bytes.first(block_size_));
    blocks_.push_back({hash_.value(), count_++});
  }
}

void BlockIndex::finish() {
  std::ranges::sort(
      blocks_, [](const Block& a, const Block& b) { return std::tie(a.hash, a.number) < std::tie(b.hash, b.number); });
  std::vector<Block> telling;
  for (auto it = blocks_.begin(); it != blocks_.end();) {
    const auto end = std::find_if(it, blocks_.end(), [&](const Block& block) { return block.hash != it->hash; });
    if (static_cast<std::size_t>(end - it) <= kMostPlaces) telling.insert(telling.end(), it, end);
    it = end;
  }
  blocks_ = std::move(telling);
  const std::uint64_t bits = std::bit_ceil(std::max<std::uint64_t>(64, blocks_.size() * kFilterBitsPerBlock));
  filter_.assign(bits / 64, 0);
  filter_shift_ = 64 - static_cast<unsigned>(std::countr_zero(bits));
  for (const Block& block : blocks_) {
    const std::uint64_t bit = block.hash >> filter_shift_;
    filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

std::span<const BlockIndex::Block> BlockIndex::lookup(std::uint64_t hash) const {
  const std::uint64_t bit = hash >> filter_shift_;
  if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return {};
  const auto found = std::ranges::equal_range(blocks_, hash, {}, &Block::hash);
  return {found.begin(), found.end()};
}

Shifts BlockIndex::find(std::span<const std::byte> bytes, std::uint64_t offset) const {
  Shifts shifts;
  if (bytes.size() < block_size_ || blocks_.empty()) return shifts;
  RollingHash hash = hash_;
  hash.reset(bytes.first(block_size_));
  const std::size_t last = bytes.size() - block_size_;
  for (std::size_t at = 0;;) {
    const auto places = lookup(hash.value());
    if (!places.empty()) {
      std::vector<Shift> found;
      for (const Block& block : places)
        found.push_back(static_cast<Shift>(std::uint64_t{block.number} * block_size_) -
                        static_cast<Shift>(offset + at));
      if (shifts.head.empty()) shifts.head = found;
      shifts.tail = std::move(found);
    }
    // A block that is there is left behind as a whole.
    const std::size_t next = places.empty() ? at + 1 : at + block_size_;
    if (next > last) break;
    if (places.empty())
      hash.roll(bytes[at], bytes[at + block_size_]);
    else
      hash.reset(bytes.subspan(next, block_size_));
    at = next;
  }
  return shifts;
}

}  // namespace p2p
