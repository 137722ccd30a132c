#include "peer/storage/layout.hpp"

#include <algorithm>
#include <utility>

namespace p2p {
namespace {

Geometry geometry_of(const std::vector<Layout::File>& files, std::uint64_t piece_size) {
  std::vector<std::uint64_t> sizes;
  for (const Layout::File& file : files) sizes.push_back(file.size);
  return Geometry(sizes, piece_size);
}

}  // namespace

Layout::Layout(std::vector<File> files, std::vector<std::filesystem::path> folders, std::uint64_t piece_size,
               bool is_folder)
    : files_(std::move(files)),
      empty_folders_(std::move(folders)),
      geometry_(geometry_of(files_, piece_size)),
      is_folder_(is_folder) {
  std::uint64_t first = 0;
  for (File& file : files_) {
    file.first_piece = static_cast<std::uint32_t>(first);
    first += Geometry::pieces_of(file.size, piece_size);
  }
}

Layout Layout::of_file(std::uint64_t size, std::uint64_t piece_size, bool executable) {
  return Layout({{.path = {}, .size = size, .executable = executable}}, {}, piece_size, false);
}

Layout Layout::of_folder(std::vector<File> files, std::vector<std::filesystem::path> folders,
                         std::uint64_t piece_size) {
  return Layout(std::move(files), std::move(folders), piece_size, true);
}

Layout::Place Layout::place_of(PieceIndex piece) const {
  // The last file that begins at or before the piece; empty files begin where the next one does, and come before it.
  const auto after = std::ranges::upper_bound(files_, piece.value, {}, &File::first_piece);
  const auto file = static_cast<std::size_t>(after - files_.begin()) - 1;
  return {file, std::uint64_t{piece.value - files_[file].first_piece} * geometry_.piece_size()};
}

std::uint32_t Layout::pieces_end(std::size_t file) const {
  return file + 1 < files_.size() ? files_[file + 1].first_piece : geometry_.piece_count();
}

}  // namespace p2p
