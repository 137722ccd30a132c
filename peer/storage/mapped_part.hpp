// The room of a large piece on its way in: a file of its own, mapped, so that its bytes are in the page cache and not
// in the process's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "peer/storage/file.hpp"

namespace p2p {

/// A new file of this size with all its blocks, so that writing to the mapping cannot find the disk full. Removed when
/// destroyed, unless it was renamed. Nobody else may make the file shorter meanwhile: it is in a folder of ours.
class MappedPart {
 public:
  /// Throws std::system_error, and leaves nothing behind. 0 < size.
  MappedPart(const std::filesystem::path& path, std::uint64_t size);
  ~MappedPart();
  MappedPart(const MappedPart&) = delete;
  MappedPart& operator=(const MappedPart&) = delete;

  std::byte* data() const { return data_; }
  File& file() { return file_; }

 private:
  void map(std::uint64_t size);

  File file_;
  std::byte* data_ = nullptr;
  std::uint64_t size_;
};

/// Gives the file its size, with all blocks, even where the file system cannot reserve them at once. Throws
/// std::system_error.
void reserve_blocks(const File& file, std::uint64_t bytes);

}  // namespace p2p
