// Which piece lies where in which file.
#include "peer/storage/layout.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the pieces of one file follow each other without gap or overlap", "[layout]") {
  for (std::uint64_t file_size = 1; file_size <= 40; ++file_size)
    for (std::uint64_t piece_size = 1; piece_size <= 41; ++piece_size) {
      const Layout layout = Layout::of_file(file_size, piece_size);
      std::uint64_t end = 0;
      for (std::uint32_t i = 0; i < layout.geometry().piece_count(); ++i) {
        const Layout::Place at = layout.place_of(PieceIndex{i});
        REQUIRE(at.file == 0);
        REQUIRE(at.offset == end);
        end += layout.geometry().size_of(PieceIndex{i});
      }
      REQUIRE(end == file_size);
      REQUIRE(layout.pieces_end(0) == layout.geometry().piece_count());
    }
}

TEST_CASE("places beyond 4 GiB are exact", "[layout]") {
  CHECK(Layout::of_file(5'000'000'001, 1u << 20).place_of(PieceIndex{4768}).offset == 4'999'610'368);
}

TEST_CASE("a piece is found in its file though empty files lie around it", "[layout]") {
  const Layout layout =
      Layout::of_folder({{"a", 0}, {"b", 25}, {"c", 0}, {"d", 0}, {"e", 10}, {"f", 3}, {"g", 0}}, {"empty"}, 10);
  const std::size_t files[] = {1, 1, 1, 4, 5};
  const std::uint64_t offsets[] = {0, 10, 20, 0, 0};
  REQUIRE(layout.geometry().piece_count() == 5);
  for (std::uint32_t i = 0; i < 5; ++i) {
    CHECK(layout.place_of(PieceIndex{i}).file == files[i]);
    CHECK(layout.place_of(PieceIndex{i}).offset == offsets[i]);
  }
  CHECK(layout.pieces_end(1) == 3);
  CHECK(layout.pieces_end(6) == 5);
}

}  // namespace
}  // namespace p2p
