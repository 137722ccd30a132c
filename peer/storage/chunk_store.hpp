// A folder of chunks: each piece is a file of its own, listed in local_chunks.txt.
//
// A chunk that comes is built in `.peerProcess/`, checked, noted in `.peerProcess/received` with its size and SHA-256,
// renamed to its name, and then listed: each step is one rename, or the writing of a file that is renamed, so that a
// process may be killed between any two system calls:
//
//   killed                        what the next start finds and does
//   before `received` has it      a part, which is removed: the chunk is fetched again
//   before it has its name        no file of that name: the note is dropped, and the chunk is fetched again
//   before it is listed           a file that matches its note: it is listed
//   later                         it is complete
//
// So nothing is listed that is not whole, and what was received is known to be, by a start after any end: it is never
// taken for a chunk that was there from the start. Files that the user has changed are never written to.
//
// Absent: what a missing chunk is (expect() is told), from whom to get it. Blocking; called from the network thread,
// but for matches(); one process a folder (folder_lock.hpp).
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/local_chunks.hpp"
#include "peer/storage/hash_whole_files.hpp"
#include "peer/storage/piece_storage.hpp"
#include "peer/storage/scan.hpp"
#include "protocol/swarm/chunk_folder.hpp"

namespace p2p {

class ChunkStore : public PieceStorage, public LargePieces {
 public:
  /// Chunks up to this size come into memory.
  static constexpr std::uint32_t kLargestInMemory = 1u << 20;

  struct Options {
    bool sync = false;    ///< A chunk is on disk before it gets its name.
    OnScan on_scan = {};  ///< While the chunks that are there are hashed.
  };

  /// Reads the folder's list and hashes what is there. Throws ConfigError for what the lists say and for listed files
  /// that are missing, no regular files or too large, with the line; StoreError (mismatch) when a received chunk is not
  /// what was received any more, unusable and full for failures.
  ChunkStore(std::filesystem::path folder, Options options);

  /// The chunks that are there at the start.
  const std::vector<HeldChunk>& held() const { return held_; }

  /// The chunk may come: it is this. False, and why is logged, when something else has its name. Precondition: it is
  /// not stored, and was not expected before.
  bool expect(PieceIndex piece, const ChunkClaim& claim);

  const Bitfield& stored() const override { return stored_; }
  const Geometry& geometry() const override { return geometry_; }
  bool matches(PieceIndex piece, std::span<const std::byte> bytes) const override;
  void stop_matching() const override { stop_matching_ = true; }
  bool matching_takes_long() const override { return true; }
  void write(PieceIndex piece, std::span<const std::byte> bytes) override;
  void park(PieceIndex piece, std::span<const std::byte> bytes) override;
  void claim(PieceIndex piece) override;
  std::vector<PieceIndex> withdraw(std::span<const PieceIndex> pieces) override;
  std::optional<Source> source(PieceIndex piece) override;
  std::vector<PieceIndex> recheck(PieceIndex piece) override;
  bool frozen() const override { return false; }
  std::uint32_t largest_in_memory() const override { return kLargestInMemory; }
  LargePieces* large_pieces() override { return this; }
  std::unique_ptr<MappedPart> map(PieceIndex piece) override;
  void keep(PieceIndex piece, MappedPart& part) override;

 private:
  struct Chunk {
    ChunkClaim claim{};   ///< Once it is stored or expected.
    File::Stamp stamp{};  ///< Of a stored one, when it was last checked.
    bool placed = false;  ///< Has its name and is not listed yet.
  };

  ChunkStore(std::filesystem::path folder, config::LocalChunks list, Options options);

  std::filesystem::path path_of(PieceIndex piece) const { return folder_ / chunks_[piece.value].claim.name; }
  void claim_listed();
  void claim_unlisted();
  void claim(const config::LocalChunk& listed, const WholeFile& found);
  void remove_leftovers() const;
  std::filesystem::path new_part(PieceIndex piece);
  void place(PieceIndex piece, File& part);
  void note(PieceIndex piece);
  void list(PieceIndex piece);
  void save_received() const;
  void save_list() const;

  std::filesystem::path folder_;
  std::filesystem::path workshop_;  ///< .peerProcess
  Options options_;
  config::LocalChunks list_;
  Geometry geometry_;
  std::vector<Chunk> chunks_;
  std::map<std::uint32_t, config::ReceivedChunk> received_;  ///< By index; also one that is not listed yet.
  std::vector<HeldChunk> held_;
  Bitfield stored_;
  std::uint64_t parts_made_ = 0;
  mutable std::atomic<bool> stop_matching_ = false;
};

}  // namespace p2p
