// What a neighbor has and we have not stored, as a list while it is short: a leecher beside a seed offers a handful of
// pieces out of all that are open, and to look for these among 100,000 would cost more than all else that a piece takes.
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// Either not kept, or it has every piece that the neighbor has and we have not stored, and perhaps some that we have
/// stored meanwhile, until somebody strikes these. Each change is O(1); list() is O(pieces / 64), and happens at most once in
/// kMost - kFew changes.
class Shortlist {
 public:
  /// Worth keeping from here down; given up beyond kMost.
  static constexpr std::size_t kFew = 256;
  static constexpr std::size_t kMost = 512;

  bool kept() const { return kept_; }
  std::size_t size() const { return pieces_.size(); }
  PieceIndex operator[](std::size_t i) const { return pieces_[i]; }

  /// Begins to keep it; best when there are at most kFew. Precondition: not kept.
  void list(const Bitfield& neighbor, const Bitfield& stored) {
    neighbor.for_each_without(stored, [this](PieceIndex piece) { pieces_.push_back(piece); });
    kept_ = true;
  }

  /// The neighbor has one more, which we have not stored.
  void add(PieceIndex piece) {
    if (!kept_) return;
    if (pieces_.size() < kMost) return pieces_.push_back(piece);
    pieces_ = {};
    kept_ = false;
  }

  /// We have stored it. Another one takes its place.
  void strike(std::size_t i) {
    pieces_[i] = pieces_.back();
    pieces_.pop_back();
  }

 private:
  bool kept_ = false;
  std::vector<PieceIndex> pieces_;
};

}  // namespace p2p
