// A rate or a size as people write it: 10M, 500K, 1.5G, 64KiB, 250000; bytes a second, or bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace p2p::config {

constexpr std::uint64_t kMostRate = 1'000'000'000'000;
constexpr std::uint64_t kMostSize = 1'000'000'000'000'000'000;

/// Bytes a second, from 1 to kMostRate: digits, after which a point and more digits may follow, then a unit or none. K,
/// M, G and T, or KB and so on, count in thousands, KiB and so on in 1024; capitals do not matter. A fraction of a byte
/// is dropped. None when it is no such rate.
std::optional<std::uint64_t> parse_rate(std::string_view word);
/// The same of bytes, from 1 to kMostSize.
std::optional<std::uint64_t> parse_size(std::string_view word);

}  // namespace p2p::config
