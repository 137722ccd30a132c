#include "protocol/bitfield.hpp"

#include <string>

namespace p2p {
namespace {

/// The wire counts bits from the high end, words from the low end.
constexpr std::uint8_t reversed(std::uint8_t b) {
  b = static_cast<std::uint8_t>((b & 0xf0u) >> 4 | (b & 0x0fu) << 4);
  b = static_cast<std::uint8_t>((b & 0xccu) >> 2 | (b & 0x33u) << 2);
  return static_cast<std::uint8_t>((b & 0xaau) >> 1 | (b & 0x55u) << 1);
}

}  // namespace

Bitfield Bitfield::full(std::uint32_t size) {
  Bitfield all(size);
  for (auto& word : all.words_) word = ~std::uint64_t{0};
  if (size % 64 != 0) all.words_.back() = (std::uint64_t{1} << (size % 64)) - 1;
  all.count_ = size;
  return all;
}

std::variant<Bitfield, Violation> Bitfield::from_wire(std::span<const std::byte> payload, std::uint32_t size) {
  Bitfield pieces(size);
  if (payload.empty()) return pieces;
  const std::uint32_t expected = (size + 7) / 8;
  if (payload.size() != expected)
    return Violation{"bitfield of " + std::to_string(payload.size()) + " bytes, expected " + std::to_string(expected) +
                     " for " + std::to_string(size) + " pieces"};
  if (size % 8 != 0) {
    const auto last = std::to_integer<std::uint8_t>(payload.back());
    const auto spare = static_cast<std::uint8_t>(0xffu >> (size % 8));
    if ((last & spare) != 0) {
      // A sender that numbers bits from the low end leaves the high bits of the last byte zero.
      const bool low_end_first = (last & ~(0xffu >> (8 - size % 8)) & 0xffu) == 0;
      return Violation{
          std::string("bitfield with spare bits set") +
          (low_end_first ? " (the remote seems to number bits from the low end; the high bit is piece 0)" : "")};
    }
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const std::uint8_t bits = reversed(std::to_integer<std::uint8_t>(payload[i]));
    pieces.words_[i / 8] |= std::uint64_t{bits} << (i % 8 * 8);
    pieces.count_ += static_cast<std::uint32_t>(std::popcount(bits));
  }
  return pieces;
}

void Bitfield::append_wire(std::vector<std::byte>& out) const {
  const std::size_t bytes = (std::size_t{size_} + 7) / 8;
  for (std::size_t i = 0; i < bytes; ++i)
    out.push_back(std::byte{reversed(static_cast<std::uint8_t>(words_[i / 8] >> (i % 8 * 8)))});
}

std::uint32_t Bitfield::count_without(const Bitfield& other) const {
  P2P_ASSERT(other.size_ == size_);
  std::uint32_t n = 0;
  for (std::size_t w = 0; w < words_.size(); ++w)
    n += static_cast<std::uint32_t>(std::popcount(words_[w] & ~other.words_[w]));
  return n;
}

}  // namespace p2p
