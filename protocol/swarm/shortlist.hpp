// What is worth looking at when a piece of one neighbor's is picked: a leecher beside a seed offers few of the pieces
// that are open, and to look for these among 100,000 would cost more than all else that a piece takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// Is one of these:
///   none     nothing is known;
///   all      has every piece that the neighbor has and we have not stored; kept while these are few. May have some
///   that
///            we have stored meanwhile;
///   rarest   has every open piece of the neighbor's with an availability below level(), and some with just that. May
///   have
///            some that are not open any more or have become commoner. Holds for an epoch of the picker: as long as no
///            piece is opened again or becomes rarer.
/// The picker strikes what does not count any more when it comes across it.
class Shortlist {
 public:
  enum class Kind : std::uint8_t { none, all, rarest };

  /// All of them are kept from here down, and given up beyond kMost.
  static constexpr std::size_t kFew = 128;
  static constexpr std::size_t kMost = 512;

  Kind kind() const { return kind_; }
  std::uint32_t level() const { return level_; }
  std::uint64_t epoch() const { return epoch_; }
  std::size_t size() const { return pieces_.size(); }
  PieceIndex operator[](std::size_t i) const { return pieces_[i]; }

  /// O(pieces / 64); happens at most once in kMost - kFew changes. Best when there are at most kFew.
  void list_all(const Bitfield& neighbor, const Bitfield& stored) {
    clear();
    neighbor.for_each_without(stored, [this](PieceIndex piece) { pieces_.push_back(piece); });
    kind_ = Kind::all;
  }

  void list_rarest(std::vector<PieceIndex> pieces, std::uint32_t level, std::uint64_t epoch) {
    pieces_ = std::move(pieces);
    level_ = level;
    epoch_ = epoch;
    kind_ = Kind::rarest;
  }

  /// The neighbor has one more, which we have not stored.
  void add(PieceIndex piece, std::uint32_t availability) {
    if (kind_ == Kind::none || (kind_ == Kind::rarest && availability > level_)) return;
    if (pieces_.size() < kMost)
      pieces_.push_back(piece);
    else if (kind_ == Kind::all || availability < level_)
      clear();
  }

  /// Another one takes its place.
  void strike(std::size_t i) {
    pieces_[i] = pieces_.back();
    pieces_.pop_back();
  }

  void clear() {
    pieces_.clear();
    kind_ = Kind::none;
  }

 private:
  Kind kind_ = Kind::none;
  std::uint32_t level_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<PieceIndex> pieces_;
};

}  // namespace p2p
