// What the exchange needs of whoever keeps the pieces: one file or folder (piece_store.hpp), or a folder of chunks
// (chunk_store.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "peer/storage/file.hpp"
#include "peer/storage/mapped_part.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

/// The pieces of a storage that are too large for a buffer in memory. Network thread. Blocking.
class LargePieces {
 public:
  /// Room on disk for a piece that is on its way. Throws std::system_error. Precondition: it is larger than
  /// PieceStorage::largest_in_memory().
  virtual std::unique_ptr<MappedPart> map(PieceIndex piece) = 0;
  /// As PieceStorage::write(), of a piece that has come into the part that map() gave.
  virtual void keep(PieceIndex piece, MappedPart& part) = 0;

 protected:
  ~LargePieces() = default;
};

/// Called from the network thread, but for matches(). Blocking.
class PieceStorage {
 public:
  virtual ~PieceStorage() = default;

  virtual const Bitfield& stored() const = 0;
  virtual const Geometry& geometry() const = 0;

  /// Whether the bytes are the piece's, as far as that is known. Called from several threads at once.
  virtual bool matches(PieceIndex piece, std::span<const std::byte> bytes) const = 0;
  /// From now on matches() may return at once with any answer: nobody asks for it any more. Called from any thread.
  virtual void stop_matching() const {}
  /// As long as all else that a piece needs: it belongs on another thread.
  virtual bool matching_takes_long() const = 0;

  /// Stores one piece; `bytes` has exactly its size. Throws std::system_error; then the piece is not stored and may be
  /// written again.
  virtual void write(PieceIndex piece, std::span<const std::byte> bytes) = 0;

  /// Puts the piece to its place without storing it: it is not claimed, not even after a restart, and another may be
  /// written over it. Throws as write().
  virtual void park(PieceIndex piece, std::span<const std::byte> bytes) = 0;
  /// Stores what was parked. Throws as write().
  virtual void claim(PieceIndex piece) = 0;
  /// These pieces, which were claimed, are wrong: they are not stored any more, not after a restart either, and others
  /// may be written over them. Returns those that were stored. Throws std::system_error; StoreError (mismatch) when the
  /// content has its name already, and that cannot be taken back.
  virtual std::vector<PieceIndex> withdraw(std::span<const PieceIndex> pieces) = 0;

  /// Where to send a stored piece from; the file stays open as long as this is held.
  struct Source {
    std::shared_ptr<const File> file;
    std::uint64_t offset;
  };
  /// Empty: the file is gone, or somebody has changed it since it was checked; see recheck().
  virtual std::optional<Source> source(PieceIndex piece) = 0;

  /// Checks the file of this piece again, and gives up the pieces that cannot be proven right; returns these. None when
  /// there are no descriptors left to look: that proves nothing.
  virtual std::vector<PieceIndex> recheck(PieceIndex piece) = 0;

  /// Nothing can be stored any more.
  virtual bool frozen() const = 0;

  /// Pieces up to this size come in buffers of the pool; larger ones in files of their own, for which there is
  /// large_pieces().
  virtual std::uint32_t largest_in_memory() const = 0;
  /// Null where no piece is larger than largest_in_memory().
  virtual LargePieces* large_pieces() { return nullptr; }
};

}  // namespace p2p
