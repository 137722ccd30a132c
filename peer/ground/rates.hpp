// How many bytes of pieces a second the process may move, all its connections together.
#pragma once

#include <cstdint>
#include <optional>

namespace p2p {

struct Rates {
  std::optional<std::uint64_t> up, down;  ///< None: no limit.

  /// A link that carries less than 1 KiB a second counts as dead, so this is the least that a few links can share.
  static constexpr std::uint64_t kLeast = 10'000;
};

}  // namespace p2p
