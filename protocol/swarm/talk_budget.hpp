// How much a neighbor may say that says nothing: repeated haves, interest and choking to and fro, unknown messages,
// new connections. Each such message costs us a line of a log, so without a bound a remote could fill the disk.
// Source: docs/PROTOCOL.md, "Limits".
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "protocol/clock.hpp"

namespace p2p {

/// Peers exist that answer every have with their interest, and that look at all neighbors again after each piece that
/// they store: so a neighbor may say two such things for each have that it was told and each piece that it has, and
/// beyond that kBurst at once and ten a second for ever. Belongs to a neighbor, not to its link, so that coming again
/// does not help.
class TalkBudget {
 public:
  static constexpr std::uint64_t kBurst = 4096;

  /// One more was said; `pieces`: haves told to it on its link plus the pieces that it has. False: it was too much.
  bool spend(std::uint64_t pieces, Instant now) {
    constexpr Duration kForgetOne = std::chrono::milliseconds(100);
    spent_ -= std::min(spent_, static_cast<std::uint64_t>((now - counted_) / kForgetOne));
    // The rest of a tenth of a second is kept, else quick talk would never be forgotten.
    counted_ = now - (now - counted_) % kForgetOne;
    return ++spent_ <= kBurst + 2 * pieces;
  }

 private:
  std::uint64_t spent_ = 0;
  Instant counted_{};
};

}  // namespace p2p
