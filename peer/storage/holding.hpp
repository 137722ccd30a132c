// A complete content by its name, as nodes tell each other of it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "peer/storage/content.hpp"

namespace p2p {

constexpr std::size_t kLongestHoldingName = 1'024;

/// Something that a node holds completely.
struct Holding {
  std::string
      name;  ///< File or folder name as `get` is asked for it: a path as in a manifest, at most kLongestHoldingName.
  ContentId id = {};       ///< SHA-256 of its manifest.
  std::uint64_t size = 0;  ///< Bytes, of all files.

  friend auto operator<=>(const Holding&, const Holding&) = default;
};

}  // namespace p2p
