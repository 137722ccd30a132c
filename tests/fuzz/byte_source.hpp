// A fuzzer's input read as a sequence of small decisions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/assert.hpp"

namespace p2p::fuzz {

/// Never fails: an exhausted source answers zero, which every target reads as its simplest choice, so that any input
/// is a whole program and a shorter one is a simpler one.
class ByteSource {
 public:
  ByteSource(const std::uint8_t* data, std::size_t size) : left_(std::as_bytes(std::span(data, size))) {}

  bool empty() const { return left_.empty(); }

  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return value;
  }

  bool flag() { return (byte() & 1) != 0; }

  /// In [0, bound); one byte of input, or two where one is not enough. 0 < bound <= 65,536.
  std::uint32_t below(std::uint32_t bound) {
    P2P_ASSERT(bound > 0 && bound <= 65'536);
    std::uint32_t value = byte();
    if (bound > 256) value = value << 8 | byte();
    return value % bound;
  }

  /// The next `count` bytes, or as many as there are.
  std::span<const std::byte> bytes(std::size_t count) {
    const auto taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  std::span<const std::byte> rest() { return bytes(left_.size()); }

 private:
  std::span<const std::byte> left_;
};

}  // namespace p2p::fuzz
