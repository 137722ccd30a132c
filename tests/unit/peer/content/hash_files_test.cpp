// The digests of a content's pieces.
#include "peer/content/hash_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::random_text;
using test::TempDir;

TEST_CASE("pieces are hashed file by file, the same by any number of threads", "[content]") {
  const TempDir dir;
  // Larger than a piece and a read, a whole number of pieces, nothing, less than a piece.
  constexpr std::uint32_t kPiece = 300'000;
  std::vector<FileToHash> files;
  std::vector<std::byte> expected;
  for (const std::size_t size : {std::size_t{1'000'001}, std::size_t{2 * kPiece}, std::size_t{0}, std::size_t{1}}) {
    const std::string name = std::to_string(size);
    const std::string text = random_text(size);
    dir.write(name, text);
    files.push_back({dir / name, size});
    for (std::size_t at = 0; at < size; at += kPiece) {
      const Sha256Digest digest =
          sha256(std::as_bytes(std::span(text)).subspan(at, std::min<std::size_t>(kPiece, size - at)));
      expected.insert(expected.end(), digest.begin(), digest.end());
    }
  }
  for (const unsigned jobs : {1u, 2u, 16u}) {
    const HashedPieces hashed = hash_files(files, {kPiece, config::PieceHash::sha256, jobs, ProgressMode::none});
    CHECK(hashed.digests == expected);
    CHECK(hashed.cut_short.empty());
  }
  files[0].size = 1'300'000;  // one whole piece and a part of one are not there
  CHECK(hash_files(files, {kPiece, config::PieceHash::xxh3, 3, ProgressMode::none}).cut_short ==
        std::vector<std::uint32_t>{3, 4});
  files[1].path = dir / "nowhere";
  CHECK_THROWS_AS(hash_files(files, {kPiece, config::PieceHash::sha256, 3, ProgressMode::none}), std::system_error);
}

TEST_CASE("the usual piece size makes about 1,000 to 2,000 pieces within its limits", "[content]") {
  CHECK(usual_piece_size(1) == 256u << 10);
  CHECK(usual_piece_size(std::uint64_t{2'000} << 18) == 256u << 10);
  CHECK(usual_piece_size(std::uint64_t{2'001} << 18) == 512u << 10);
  CHECK(usual_piece_size(std::uint64_t{10} << 30) == 8u << 20);
  CHECK(usual_piece_size(std::uint64_t{0x7fffffffffffffff}) == 16u << 20);
}

}  // namespace
}  // namespace p2p
