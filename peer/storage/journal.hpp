// The journal: which pieces of an unfinished content are stored, and what their bytes hash to.
//
// A file that only grows, beside the .part. Layout, integers big-endian:
//   header  16 bytes  "P2PFILE JOURNAL1"
//           16 bytes  the content's key
//   record   4 bytes  piece
//            4 bytes  zero
//           16 bytes  XXH3-128 of the piece
//            8 bytes  XXH3-64 of the record's first 24 bytes and the content's key, so that a torn or foreign record is
//            known
// A record is written after its piece. Reading stops at the first record that is not whole; the next one is written
// over it. The last record of a piece counts; one of zeros in the place of the digest says that the piece is not stored
// any more. The journal is a hint: its reader compares it with the bytes.
//
// It is also the proof that what stands beside it is ours (scratch.hpp), and the lock that keeps two processes from
// building the same content in the same place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"

namespace p2p {

class Journal {
 public:
  struct Record {
    PieceIndex piece;
    Xxh3Digest digest;
  };

  /// The one of this content that is there; none when there is nothing, or something else, which stays as it is. Throws
  /// StoreError (unusable) when another process holds it, std::system_error.
  static std::optional<Journal> open(const std::filesystem::path& path, const Xxh3Digest& key);
  /// A new one. Throws std::system_error, of EEXIST when something has the name.
  static Journal create(const std::filesystem::path& path, const Xxh3Digest& key);
  /// Whether a journal, of whatever content, is there. Throws nothing.
  static bool is_at(const std::filesystem::path& path);

  /// The whole records that were there when it was opened, in the order in which they were written.
  const std::vector<Record>& records() const { return records_; }

  /// Throws std::system_error; then nothing was appended.
  void append(const Record& record);
  /// From now on it says of these pieces that they are not stored. Needs no more room. Throws std::system_error.
  void revoke(const Bitfield& pieces);
  /// Removes it from disk, as far as that can be done and it still has its name, and holds the lock until it is
  /// destroyed.
  void remove();

 private:
  Journal(File file, const Xxh3Digest& key);
  void lock() const;
  bool is_under_its_name() const;
  void read();

  File file_;
  Xxh3Digest key_;
  std::vector<Record> records_;
  std::uint64_t size_ = 0;
};

}  // namespace p2p
