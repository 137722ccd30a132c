// Sizes and places of pieces.
#include "protocol/geometry.hpp"

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the course's example has 306 pieces, the last of 5,992 bytes, and a bitfield of 39 bytes", "[geometry]") {
  const Geometry geometry(10'000'232, 32'768);
  CHECK(geometry.piece_count() == 306);
  CHECK(geometry.size_of(PieceIndex{0}) == 32'768);
  CHECK(geometry.size_of(PieceIndex{304}) == 32'768);
  CHECK(geometry.size_of(PieceIndex{305}) == 5'992);
  CHECK(geometry.bitfield_bytes() == 39);
  CHECK(geometry.contains(PieceIndex{305}));
  CHECK_FALSE(geometry.contains(PieceIndex{306}));
  CHECK_FALSE(geometry.contains(PieceIndex{0xffffffff}));
}

TEST_CASE("the last piece is a full one when the size divides exactly", "[geometry]") {
  const Geometry geometry(40, 10);
  CHECK(geometry.piece_count() == 4);
  CHECK(geometry.size_of(PieceIndex{3}) == 10);
}

TEST_CASE("a byte more than divides exactly makes a last piece of one byte", "[geometry]") {
  const Geometry geometry(41, 10);
  CHECK(geometry.piece_count() == 5);
  CHECK(geometry.size_of(PieceIndex{4}) == 1);
}

TEST_CASE("a file smaller than a piece is one piece of its own size", "[geometry]") {
  const Geometry geometry(1, 32'768);
  CHECK(geometry.piece_count() == 1);
  CHECK(geometry.size_of(PieceIndex{0}) == 1);
  CHECK(geometry.bitfield_bytes() == 1);
}

TEST_CASE("pieces of one byte are counted and placed", "[geometry]") {
  const Geometry geometry(9, 1);
  CHECK(geometry.piece_count() == 9);
  CHECK(geometry.bitfield_bytes() == 2);
  CHECK(geometry.size_of(PieceIndex{8}) == 1);
}

TEST_CASE("a bitfield has a byte for each eight pieces begun", "[geometry]") {
  CHECK(Geometry(8, 1).bitfield_bytes() == 1);
  CHECK(Geometry(9, 1).bitfield_bytes() == 2);
  CHECK(Geometry(16, 1).bitfield_bytes() == 2);
}

TEST_CASE("sizes beyond 4 GiB are exact", "[geometry]") {
  const Geometry geometry(5'000'000'001, 1u << 20);
  CHECK(geometry.piece_count() == 4769);
  CHECK(geometry.size_of(PieceIndex{4768}) == 389'633);
}

TEST_CASE("the pieces of a file add up to it", "[geometry]") {
  for (std::uint64_t file_size = 1; file_size <= 40; ++file_size)
    for (std::uint64_t piece_size = 1; piece_size <= 41; ++piece_size) {
      const Geometry geometry(file_size, piece_size);
      std::uint64_t end = 0;
      for (std::uint32_t i = 0; i < geometry.piece_count(); ++i) {
        REQUIRE(geometry.size_of(PieceIndex{i}) > 0);
        end += geometry.size_of(PieceIndex{i});
      }
      REQUIRE(end == file_size);
    }
}

TEST_CASE("each file of a set begins with a piece of its own, and an empty one has none", "[geometry]") {
  const std::uint64_t sizes[] = {25, 0, 10, 3, 0, 20};
  const Geometry geometry(sizes, 10);
  CHECK(geometry.total_size() == 58);
  REQUIRE(geometry.piece_count() == 7);
  const std::uint32_t expected[] = {10, 10, 5, 10, 3, 10, 10};
  for (std::uint32_t i = 0; i < 7; ++i) CHECK(geometry.size_of(PieceIndex{i}) == expected[i]);
  CHECK(geometry.largest_size() == 10);
}

TEST_CASE("where every file is smaller than a piece, so is the largest piece", "[geometry]") {
  const std::uint64_t sizes[] = {3, 7, 5};
  CHECK(Geometry(sizes, 10).largest_size() == 7);
}

TEST_CASE("what a geometry may be is bounded by pieces and piece size", "[geometry]") {
  CHECK(Geometry::valid(1, 1));
  CHECK_FALSE(Geometry::valid(0, 1));
  CHECK_FALSE(Geometry::valid(1, 0));
  CHECK(Geometry::valid(1, 64u << 20));
  CHECK_FALSE(Geometry::valid(1, (64u << 20) + 1));
  CHECK(Geometry::valid(0x7fffffff, 1));
  CHECK_FALSE(Geometry::valid(0x80000000, 1));
  CHECK(test::aborts([] { Geometry(0, 1); }));
}

TEST_CASE("the sizes of chunks are learned, for every copy", "[geometry]") {
  Geometry chunks = Geometry::of_chunks(3);
  const Geometry copy = chunks;
  CHECK(chunks.is_learned());
  CHECK(chunks.piece_count() == 3);
  CHECK(chunks.total_size() == 0);
  CHECK(chunks.piece_size() == 1);
  CHECK_FALSE(copy.knows(PieceIndex{1}));
  CHECK(test::aborts([&] { (void)copy.size_of(PieceIndex{1}); }));
  chunks.learn(PieceIndex{1}, 7);
  chunks.learn(PieceIndex{1}, 7);
  chunks.learn(PieceIndex{2}, 0);
  CHECK(copy.size_of(PieceIndex{1}) == 7);
  CHECK(copy.size_of(PieceIndex{2}) == 0);
  CHECK(copy.total_size() == 7);
  CHECK(copy.piece_size() == 3);
  CHECK(copy.largest_size() == Geometry::kMaxChunkSize);
  CHECK(test::aborts([&] { chunks.learn(PieceIndex{1}, 8); }));
  CHECK_FALSE(Geometry(10, 3).is_learned());
  CHECK(Geometry(10, 3).knows(PieceIndex{3}));
}

}  // namespace
}  // namespace p2p
