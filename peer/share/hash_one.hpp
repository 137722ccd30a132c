// The manifest of one shared file, made by reading it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <span>

#include "config/manifest.hpp"
#include "peer/content/known_manifest.hpp"
#include "peer/share/seen_file.hpp"
#include "peer/storage/file.hpp"

namespace p2p {

/// Hashes root/file.name with `jobs` threads. `stop` ends it soon; `hashed_bytes` counts up. The manifest's mode is
/// 0755 or 0644, so that copies of a file that differ in who may read them are one content; its piece size follows from
/// the file's size; so the content id follows from the file's own name, its bytes and whether it is executable. Any
/// thread; throws nothing.
HashedFile hash_one(const std::filesystem::path& root, const SeenFile& file, unsigned jobs,
                    const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes, bool follow_links = false);

/// Whether somebody has the file open for writing, as far as the system tells.
bool is_open_for_writing(const File& file);

/// The manifest of a content, made from the SHA-256 of the bytes of its one piece, as hash_one() would; null when
/// another manifest has this id.
ManifestPtr manifest_of_small(const std::string& name, std::uint64_t size, const ContentId& digest,
                              const ContentId& id);

/// What the manifest of this file is when these are its pieces' SHA-256.
config::Manifest manifest_of(const SeenFile& file, std::span<const std::byte> digests);

}  // namespace p2p
