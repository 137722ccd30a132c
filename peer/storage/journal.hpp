// The journal: which pieces of an unfinished content are stored, and what their bytes hash to.
//
// A file that only grows, beside the .part. Layout, integers big-endian:
//   header  16 bytes  "P2PFILE JOURNAL1"
//           16 bytes  the content's key
//   record   4 bytes  piece
//            4 bytes  zero
//           16 bytes  XXH3-128 of the piece
//            8 bytes  XXH3-64 of the record's first 24 bytes and the content's key, so that a torn or foreign record is known
// A record is written after its piece. Reading stops at the first record that is not whole; the next one is written
// over it. The last record of a piece counts. What the journal says is a hint: its reader compares with the bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "protocol/ids.hpp"

namespace p2p {

class Journal {
 public:
  struct Record {
    PieceIndex piece;
    Xxh3Digest digest;
  };

  /// Opens or creates; a journal of another content begins anew. Throws std::system_error.
  Journal(const std::filesystem::path& path, const Xxh3Digest& key);

  /// The whole records that were there when it was opened, in the order in which they were written.
  const std::vector<Record>& records() const { return records_; }

  /// Throws std::system_error; then nothing was appended.
  void append(const Record& record);
  void sync() { file_.sync(); }

 private:
  void read();

  File file_;
  Xxh3Digest key_;
  std::vector<Record> records_;
  std::uint64_t size_ = 0;
};

}  // namespace p2p
