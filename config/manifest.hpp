// A manifest: which files a content has, how they are cut into pieces, and each piece's digest (docs/MANIFEST.md).
//
// The SHA-256 of a manifest's bytes is the content id, so a manifest may come from anybody: the parser takes any bytes
// and gives a value that keeps every invariant below or a ConfigError. Reading and writing files, and hashing, are not
// here: peer/content/ does that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"
#include "config/piece_limit.hpp"

namespace p2p::config {

enum class PieceHash : std::uint8_t {
  sha256,  ///< 32 bytes; nobody can make other bytes with the same digest.
  xxh3,    ///< XXH3-128, 16 bytes, big-endian; faster, and only against accidents: a liar can make other bytes.
};

std::size_t digest_bytes(PieceHash hash);
/// As manifests and the command line spell it: sha256 or xxh3.
std::string_view name_of(PieceHash hash);

struct ManifestFile {
  std::string path;        ///< Without fault by path_fault() (config/manifest_path.hpp).
  std::uint64_t size = 0;  ///< Bytes, 0 to 2^63 - 1.
  std::uint32_t mode = 0;  ///< Permission bits, 0 to 0777.

  /// By its owner: all that a copy takes of the permissions.
  bool executable() const { return (mode & 0100) != 0; }

  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

/// Pieces are cut file by file, in the files' order: a file of n > 0 bytes is ceil(n / piece_size) pieces, the last one
/// the remainder; an empty file has none. Pieces count from 0 through all files.
struct Manifest {
  static constexpr std::uint32_t kMaxPieceSize = 64u << 20;  ///< Bytes, as for PieceSize in Common.cfg.
  static constexpr std::uint64_t kMaxPieces = kMostPieces;
  static constexpr std::uint64_t kMaxTotalSize = 0x7fffffffffffffff;
  static constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;  ///< Of a manifest's text.

  bool folder = false;           ///< False: the content is the one file, and its path is a name. True: a folder.
  std::uint32_t piece_size = 0;  ///< Bytes of the largest pieces, 1 to kMaxPieceSize.
  PieceHash piece_hash = PieceHash::sha256;
  std::vector<ManifestFile>
      files;  ///< In ascending byte order of their paths. Those of a folder have at least one byte together.
  std::vector<std::string>
      folders;                     ///< Folders in which nothing is, in ascending byte order. Others follow from files.
  std::vector<std::byte> digests;  ///< One a piece, back to back.

  /// False for one empty file, of which there is nothing to exchange.
  bool has_bytes() const { return !digests.empty(); }
  std::uint32_t piece_count() const { return static_cast<std::uint32_t>(digests.size() / digest_bytes(piece_hash)); }
  /// Bytes, at most kMaxTotalSize. O(files).
  std::uint64_t total_size() const;
  /// Precondition: piece < piece_count().
  std::span<const std::byte> digest(std::uint32_t piece) const;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// How many pieces a file of `size` bytes is. Precondition: piece_size > 0.
std::uint64_t pieces_of_file(std::uint64_t size, std::uint32_t piece_size);

/// What keeps `name` from being the name of a content's one file, beyond path_fault(); empty when nothing does. Room is
/// needed for `.part`, and a name that ends so would be that of an unfinished file.
std::string file_name_fault(std::string_view name);

/// Reads a manifest's text; `file_name` names it in messages. Unknown keys are ignored, so that later versions can add
/// some; known ones stand once. Memory is in proportion to the text, the stack constant, whatever the text is.
/// Throws ConfigError with the first thing that is wrong (nobody writes these by hand): the place in the text for JSON
/// that is none, else a JSON pointer such as /files/3/size.
Manifest parse_manifest(std::string_view text, const std::string& file_name);

/// The text that says just this, a line a file: equal manifests have equal texts, byte for byte, and so one content id.
/// Precondition: the invariants hold.
std::string manifest_text(const Manifest& manifest);

}  // namespace p2p::config
