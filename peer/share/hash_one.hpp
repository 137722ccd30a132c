// The manifest of one shared file, made by reading it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "peer/share/seen_file.hpp"

namespace p2p {

/// Hashes root/file.name with `jobs` threads. `stop` ends it soon; `hashed_bytes` counts up. The manifest's mode is
/// 0755 or 0644, so that copies of a file that differ in who may read them are one content; its piece size follows from
/// the file's size; so the content id follows from the file's own name, its bytes and whether it is executable. Any
/// thread; throws nothing.
HashedFile hash_one(const std::filesystem::path& root, const SeenFile& file, unsigned jobs,
                    const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes);

}  // namespace p2p
