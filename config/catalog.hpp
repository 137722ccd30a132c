// A catalog: what a sharing process offers, or a part of it (docs/PROTOCOL.md, "Asking for a catalog").
//
// It comes from anybody, so the parser takes any bytes and gives entries that keep every invariant below or a
// ConfigError. This module knows neither who asks whom nor what an entry leads to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"

namespace p2p::config {

struct CatalogEntry {
  static constexpr std::size_t kMaxTextBytes = std::size_t{32} << 20;  ///< Of a catalog's text.
  static constexpr std::uint64_t kMaxSize = 0x7fffffffffffffff;

  std::string name;                        ///< Without fault by path_fault() (config/manifest_path.hpp).
  std::uint64_t size = 0;                  ///< Bytes, 0 to kMaxSize.
  std::array<std::byte, 32> content_id{};  ///< SHA-256 of its manifest.
  bool part = false;                       ///< Whoever offers it does not have all of it, and fetches the rest.
  bool copy = false;  ///< It has all of it, and got it under this name: its word on the name is what others told it.
  /// Of a file of one piece, or of none, the SHA-256 of its bytes, from which its manifest follows.
  std::optional<std::array<std::byte, 32>> sha256{};

  friend bool operator==(const CatalogEntry&, const CatalogEntry&) = default;
};

/// Reads a catalog's text; `source` names it in messages. The names are in ascending byte order, none twice. Unknown
/// keys with a plain value are ignored, so that later versions can add some. Memory is in proportion to the text.
/// Throws ConfigError with the first thing that is wrong: the place in the text for JSON that is none, else a JSON
/// pointer such as /entries/3/size.
std::vector<CatalogEntry> parse_catalog(std::string_view text, const std::string& source);

/// What an entry takes of memory, the room for a list to grow in counted.
std::size_t memory_of(const CatalogEntry& entry);

struct CatalogPart {
  std::vector<CatalogEntry> entries;
  bool whole = true;
};

/// The same, of as many of the first entries as take at most `most_bytes` by memory_of(). The rest is not looked at.
CatalogPart parse_catalog_part(std::string_view text, const std::string& source, std::size_t most_bytes);

/// The text that says just this. Precondition: the invariants hold. Entries that would make the text longer than
/// kMaxTextBytes are left out.
std::string catalog_text(const std::vector<CatalogEntry>& entries);

}  // namespace p2p::config
