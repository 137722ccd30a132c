// A whole byte stream decoded, in pieces of any size, as one text.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "protocol/wire/decoder.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/script.hpp"

namespace p2p::test {

/// Plays a connection's reader: takes items and, after a piece's head, the payload itself.
class Reading {
 public:
  explicit Reading(const Geometry& geometry, bool names_peers = false) : decoder_(geometry, names_peers) {}

  /// Feeds what one read brought.
  void feed(std::span<const std::byte> input) {
    while (!input.empty() && !failed_) {
      if (decoder_.payload_left() > 0) {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(input.size(), decoder_.payload_left()));
        payload_.insert(payload_.end(), input.begin(), input.begin() + n);
        input = input.subspan(n);
        decoder_.payload_taken(n);
        if (decoder_.payload_left() == 0) {
          items_.back() += " = " + to_hex(payload_);
          payload_.clear();
        }
      } else {
        take(decoder_.next(input));
      }
    }
  }

  /// Everything so far: "handshake 1001, have 3, piece 1 = aabb, violation: why".
  std::string items() const { return joined(items_); }
  bool failed() const { return failed_; }

 private:
  void take(const Decoded& item) {
    if (const auto* handshake = std::get_if<Handshake>(&item)) items_.push_back(describe(*handshake));
    if (const auto* received = std::get_if<Message>(&item)) items_.push_back(describe(*received));
    if (const auto* violation = std::get_if<Violation>(&item)) {
      items_.push_back("violation: " + violation->reason);
      failed_ = true;
    }
  }

  Decoder decoder_;
  Bytes payload_;
  std::vector<std::string> items_;
  bool failed_ = false;
};

inline std::string decoded(const Geometry& geometry, const Bytes& stream, bool names_peers = false) {
  Reading reading(geometry, names_peers);
  reading.feed(stream);
  return reading.items();
}

}  // namespace p2p::test
