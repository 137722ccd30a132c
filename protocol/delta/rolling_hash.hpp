// A weak hash of a window of bytes that moves on by one byte in constant time (Rabin and Karp, 1987; polynomial modulo
// 2^64). Whatever it finds alike is to be compared by something stronger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace p2p {

class RollingHash {
 public:
  explicit RollingHash(std::size_t window) {
    for (std::size_t i = 0; i < window; ++i) highest_ *= kBase;
  }

  /// Begins anew with these bytes, as many as the window has.
  void reset(std::span<const std::byte> bytes) {
    hash_ = 0;
    for (const std::byte byte : bytes) hash_ = hash_ * kBase + value_of(byte);
  }

  void roll(std::byte out, std::byte in) { hash_ = hash_ * kBase + value_of(in) - highest_ * value_of(out); }

  /// All bits of it depend on all bytes.
  std::uint64_t value() const {
    const std::uint64_t mixed = (hash_ ^ hash_ >> 32) * 0x9e3779b97f4a7c15;
    return mixed ^ mixed >> 29;
  }

 private:
  static constexpr std::uint64_t kBase = 0x5851f42d4c957f2d;  // Knuth's multiplier of MMIX, odd
  static std::uint64_t value_of(std::byte byte) { return std::to_integer<std::uint64_t>(byte) + 1; }

  std::uint64_t hash_ = 0;
  std::uint64_t highest_ = 1;  ///< kBase to the power of the window.
};

}  // namespace p2p
