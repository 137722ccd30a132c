#include "protocol/swarm/bit_order.hpp"

#include <algorithm>

namespace p2p {
namespace {

constexpr std::uint32_t kProof = 8;  // haves that prove the low end
constexpr std::uint32_t kFewestProof = 2;
constexpr std::uint32_t kOutweighs = 32;  // haves for the low end that one against it takes away
constexpr std::uint32_t kTooMany = 2;   // times as many haves in D as beside the progress elsewhere are to be expected
constexpr std::uint32_t kClearing = 2;  // haves that prove the high end
constexpr std::uint32_t kClears = 4;    // haves for the high end that one against it takes away

/// The piece whose bit this one's is when the bits of a byte are counted from the other end.
PieceIndex mirrored(PieceIndex piece) { return PieceIndex{piece.value ^ 7u}; }

void add(Bitfield& to, const Bitfield& pieces) {
  pieces.for_each([&to](PieceIndex piece) { to.set(piece); });
}

}  // namespace

bool readable_from_low_end(const Bitfield& read) {
  bool readable = true;
  read.for_each([&](PieceIndex piece) { readable = readable && mirrored(piece).value < read.size(); });
  return readable;
}

Bitfield read_from_low_end(const Bitfield& read) {
  Bitfield pieces(read.size());
  read.for_each([&pieces](PieceIndex piece) { pieces.set(mirrored(piece)); });
  return pieces;
}

std::unique_ptr<BitOrder> BitOrder::of(const Bitfield& read, const Bitfield& told) {
  if (!readable_from_low_end(read)) return nullptr;
  std::uint32_t ambiguous = 0;
  read.for_each([&](PieceIndex piece) { ambiguous += read.test(mirrored(piece)) ? 0 : 1; });
  if (ambiguous == 0) return nullptr;
  return std::unique_ptr<BitOrder>(new BitOrder(read, told, ambiguous));
}

bool BitOrder::in_low(PieceIndex piece) const {
  const PieceIndex bit = mirrored(piece);
  return bit.value < read_.size() && read_.test(bit);
}

void BitOrder::on_have(PieceIndex piece) {
  if (!told_.set(piece)) return;
  const bool high = read_.test(piece);
  const bool low = in_low(piece);
  if (high && low)
    ++repeated_;
  else if (high)
    ++for_low_;
  else if (low)
    ++for_high_;
  else
    ++progress_;
}

BitOrder::Verdict BitOrder::verdict() const {
  const std::uint32_t clearing = std::min(kClearing, ambiguous_) + kClears * for_low_;
  if (for_high_ == ambiguous_ || for_high_ >= clearing) return Verdict::high_bit_first;
  const bool enough = ambiguous_ >= kFewestProof && for_low_ >= std::min(kProof, ambiguous_);
  const bool outweighs = for_low_ >= std::uint64_t{kOutweighs} * (for_high_ + repeated_);
  const std::uint64_t in_neither = read_.size() - read_.count() - ambiguous_;
  const bool in_proportion = std::uint64_t{kTooMany} * progress_ * ambiguous_ >= for_low_ * in_neither;
  return enough && outweighs && in_proportion ? Verdict::low_bit_first : Verdict::open;
}

Bitfield BitOrder::high_reading() const {
  Bitfield pieces = read_;
  add(pieces, told_);
  return pieces;
}

Bitfield BitOrder::low_reading() const {
  Bitfield pieces = read_from_low_end(read_);
  add(pieces, told_);
  return pieces;
}

Bitfield BitOrder::certain() const {
  Bitfield pieces = told_;
  read_.for_each([&](PieceIndex piece) {
    if (in_low(piece)) pieces.set(piece);
  });
  return pieces;
}

}  // namespace p2p
