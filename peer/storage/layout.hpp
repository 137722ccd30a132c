// Which piece lies where in which file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "protocol/geometry.hpp"

namespace p2p {

/// `below` of a content whose root is one file is empty.
inline std::filesystem::path place_below(const std::filesystem::path& root, const std::filesystem::path& below) {
  return below.empty() ? root : root / below;
}

/// A content's files and the places of its pieces in them. Immutable.
class Layout {
 public:
  struct File {
    std::filesystem::path path;  ///< Below the content's root; empty: the root is the file.
    std::uint64_t size;
    bool executable = false;
    std::uint32_t first_piece = 0;  ///< Set by the layout.
  };
  struct Place {
    std::size_t file;
    std::uint64_t offset;
  };

  /// One file, which is the root itself.
  static Layout of_file(std::uint64_t size, std::uint64_t piece_size, bool executable = false);
  /// A folder. `folders`: those without files in them. Precondition: as of Geometry.
  static Layout of_folder(std::vector<File> files, std::vector<std::filesystem::path> folders,
                          std::uint64_t piece_size);

  const Geometry& geometry() const { return geometry_; }
  bool is_folder() const { return is_folder_; }
  const std::vector<File>& files() const { return files_; }
  const std::vector<std::filesystem::path>& empty_folders() const { return empty_folders_; }
  /// O(log files).
  Place place_of(PieceIndex piece) const;
  /// One past the file's last piece.
  std::uint32_t pieces_end(std::size_t file) const;

 private:
  Layout(std::vector<File> files, std::vector<std::filesystem::path> folders, std::uint64_t piece_size, bool is_folder);

  std::vector<File> files_;
  std::vector<std::filesystem::path> empty_folders_;
  Geometry geometry_;
  bool is_folder_;
};

}  // namespace p2p
