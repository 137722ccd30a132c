// The blocks of an old file, to be found again at any offset of other bytes, as rsync does (Tridgell and Mackerras,
// 1996): the old file is cut into blocks at a fixed grid, and a rolling hash goes over the other bytes, one by one.
//
// Common bytes that are at least two blocks long are found, whatever their offsets are. A block that the old file has
// in many places says nothing of where it comes from, and is left out. Absent: files, and proof. What is found is a
// guess that something stronger has to confirm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/delta/rolling_hash.hpp"

namespace p2p {

/// Where bytes of a piece come from: the offset in the old file minus the one in the new file.
using Shift = std::int64_t;

/// The guesses for what is before a piece, and for what follows it; the likeliest first.
struct Shifts {
  std::vector<Shift> head, tail;
};

class BlockIndex {
 public:
  static constexpr std::uint32_t kSmallestBlock = 1024;
  static constexpr std::uint64_t kMostBlocks = 1u << 20;
  static constexpr std::size_t kMostPlaces = 4;

  /// The size of blocks that finds most in an old file of so many bytes, and costs at most 32 MiB.
  static std::uint32_t block_size_for(std::uint64_t old_size);

  explicit BlockIndex(std::uint32_t block_size) : block_size_(block_size), hash_(block_size) {}

  std::uint32_t block_size() const { return block_size_; }

  /// The next bytes of the old file, in order: a whole number of blocks, but for the last ones.
  void add(std::span<const std::byte> bytes);
  /// The old file has been read. To be called once, before find().
  void finish();

  /// Where the first and the last block that is found in these bytes come from. `offset`: of the bytes in the new file.
  Shifts find(std::span<const std::byte> bytes, std::uint64_t offset) const;

 private:
  struct Block {
    std::uint64_t hash;
    std::uint32_t number;
  };

  std::span<const Block> lookup(std::uint64_t hash) const;

  std::uint32_t block_size_;
  RollingHash hash_;
  std::uint32_t count_ = 0;
  std::vector<Block> blocks_;          ///< By hash, then by number.
  std::vector<std::uint64_t> filter_;  ///< A bit for each hash that may be there.
  unsigned filter_shift_ = 64;
};

}  // namespace p2p
