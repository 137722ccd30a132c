// SHA-256 of whole files of any size, by several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/scan.hpp"

namespace p2p {

struct WholeFile {
  std::filesystem::path path;
  std::uint64_t size = 0;  ///< Set by hash_whole_files(): of what was hashed.
  Sha256Digest sha256{};
  File::Stamp stamp{};  ///< When it was begun.
};

/// Reads each file once; 256 KiB of memory a thread. `on_scan` as of scan_pieces(), by the files' sizes when it began;
/// may be null. Throws std::system_error for the first that cannot be read.
void hash_whole_files(std::vector<WholeFile>& files, const OnScan& on_scan);

}  // namespace p2p
