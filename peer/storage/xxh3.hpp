// XXH3: finds accidents on disk at memory speed. It protects against nobody who means harm.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace p2p {

/// XXH3-128 in its canonical (big-endian) form.
using Xxh3Digest = std::array<std::byte, 16>;

Xxh3Digest xxh3_128(std::span<const std::byte> bytes);
std::uint64_t xxh3_64(std::span<const std::byte> bytes);

}  // namespace p2p
