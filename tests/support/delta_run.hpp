// A whole update in memory: an old file, a new content, and a DeltaSearch between them. What it checks and scans is
// done at once; what it asks for comes when there is nothing else to do, all of it together: a round.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "protocol/delta/delta_search.hpp"
#include "protocol/random.hpp"
#include "tests/support/bytes.hpp"

namespace p2p::test {

/// Random bytes, the same for the same seed.
inline Bytes noise(std::uint64_t seed, std::size_t size) {
  Random random(seed);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() >> 56);
  return bytes;
}

class DeltaRun {
 public:
  /// `stored`: pieces that are there from the beginning, besides those that the old file has at the same offsets.
  DeltaRun(Bytes before, Bytes after, std::uint32_t piece_size, std::optional<Bitfield> stored = {},
           std::uint32_t block_size = 64, std::uint32_t batch = 3)
      : before_(std::move(before)),
        after_(std::move(after)),
        geometry_(after_.size(), piece_size),
        index_(block_size),
        have_(stored.value_or(Bitfield(geometry_.piece_count()))) {
    for (std::uint32_t i = 0; i < geometry_.piece_count(); ++i)
      if (is_at(PieceIndex{i}, 0)) have_.set(PieceIndex{i});
    index_.add(before_);
    index_.finish();
    DeltaSearch search(geometry_, before_.size(), have_, batch);
    for (;; ++rounds) {
      std::vector<PieceIndex> asked;
      while (const auto effect = search.poll_effect()) carry_out(search, *effect, asked);
      if (asked.empty()) break;
      for (const PieceIndex piece : asked) {
        ++fetched;
        P2P_ASSERT(have_.set(piece));
        search.on_stored(piece);
      }
    }
    complete = have_.complete();
  }

  std::uint32_t fetched = 0;  ///< Pieces.
  std::uint32_t rounds = 0;
  std::uint32_t checked = 0;  ///< Pieces that were compared with the old file.
  bool complete = false;

 private:
  void carry_out(DeltaSearch& search, const DeltaSearch::Effect& effect, std::vector<PieceIndex>& asked) {
    if (const auto* const open = std::get_if<DeltaSearch::Open>(&effect)) {
      P2P_ASSERT(!have_.test(open->piece));
      asked.push_back(open->piece);
    } else if (const auto* const scan = std::get_if<DeltaSearch::Scan>(&effect)) {
      P2P_ASSERT(have_.test(scan->piece));
      const std::uint64_t offset = offset_of(scan->piece);
      search.on_scanned(scan->piece,
                        index_.find(std::span(after_).subspan(offset, geometry_.size_of(scan->piece)), offset));
    } else {
      const auto& check = std::get<DeltaSearch::Check>(effect);
      std::uint32_t found = 0;
      for (; found < check.count; ++found) {
        const PieceIndex piece{check.backwards ? check.first.value - found : check.first.value + found};
        P2P_ASSERT(!have_.test(piece));
        ++checked;
        if (!is_at(piece, check.shift)) break;
        have_.set(piece);
      }
      search.on_checked(check, found);
    }
  }

  std::uint64_t offset_of(PieceIndex piece) const { return std::uint64_t{piece.value} * geometry_.piece_size(); }

  /// Whether the old file has the piece there.
  bool is_at(PieceIndex piece, Shift shift) const {
    const std::uint64_t offset = offset_of(piece);
    const std::uint32_t size = geometry_.size_of(piece);
    const Shift at = static_cast<Shift>(offset) + shift;
    if (at < 0 || static_cast<std::uint64_t>(at) + size > before_.size()) return false;
    return std::ranges::equal(std::span(before_).subspan(static_cast<std::size_t>(at), size),
                              std::span(after_).subspan(offset, size));
  }

  const Bytes before_;
  const Bytes after_;
  Geometry geometry_;
  BlockIndex index_;
  Bitfield have_;
};

}  // namespace p2p::test
