// Where pieces live on disk: in `<root>.part`, each at its place, renamed to `<root>` when the last one is stored. What
// has its name without .part is complete, and checked as far as the content can be checked.
//
// While it is not complete, `<root>.journal` says which pieces were stored (journal.hpp). After a crash only pieces
// whose bytes still hash to what the journal says are claimed. Names that are somebody else's are left alone, and
// others are taken (scratch.hpp); with a manifest, what matches it is copied from there. A complete content that does
// not match its manifest becomes a .part again, of which the matching pieces are kept, if nothing else shares its
// bytes; or, when it is to be replaced, stays until the new one is complete.
//
// The .part gets all its blocks at the start, so that a full disk is known before anything is fetched. Where a piece
// has long runs of zeros it gives those blocks back instead of being written: what is sparse arrives sparse, and while
// it is being built it takes no more room than the whole content. A cache, which keeps what was asked for and seldom a
// whole content, has a .part that is sparse from the start (Options::sparse): blocks are taken as pieces come, so a
// full disk is found by write(), and pieces can be given up again (drop()).
//
// Absent: which pieces to get. Blocking; called from the network thread, one process a folder (folder_lock.hpp).
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "peer/storage/content.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/folder_state.hpp"
#include "peer/storage/journal.hpp"
#include "peer/storage/open_files.hpp"
#include "peer/storage/piece_storage.hpp"
#include "peer/storage/scan.hpp"
#include "peer/storage/scratch.hpp"
#include "protocol/bitfield.hpp"

namespace p2p {

class PieceStore : public PieceStorage {
 public:
  struct Options {
    bool sync = false;    ///< Completion survives a loss of power.
    OnScan on_scan = {};  ///< While pieces on disk are checked.
    /// The content was just checked, and is somebody's own: it is claimed as it is, and served until it changes.
    /// Nothing in its folder is written, renamed or read again: a piece that may have changed is given up with the
    /// others of its file.
    bool serve_only = false;
    /// Something else may have the content's name. It is replaced in one step when the content is complete; until then
    /// it is read, for the pieces that both have.
    bool replace = false;
    /// No room is made before pieces come.
    bool sparse = false;
  };

  /// Claims what is there, or makes room for it. Throws StoreError: full when there is no room for all of it, unusable
  /// for other failures, mismatch when what is there has nothing to do with the content, or as inspect_folder().
  PieceStore(Content content, Options options);
  /// A .part that was made here and in which no piece is stored is removed. So it is when the constructor throws.
  ~PieceStore() override;
  PieceStore(const PieceStore&) = delete;
  PieceStore& operator=(const PieceStore&) = delete;

  const Bitfield& stored() const override { return stored_; }
  const Geometry& geometry() const override { return content_.layout.geometry(); }
  const Content& content() const { return content_; }

  /// By the manifest; without one always true.
  bool matches(PieceIndex piece, std::span<const std::byte> bytes) const override {
    return !content_.matches || content_.matches(piece, bytes);
  }
  bool matching_takes_long() const override { return content_.matching_takes_long && !options_.serve_only; }

  /// The last piece gives the content its name before this returns.
  void write(PieceIndex piece, std::span<const std::byte> bytes) override;

  void park(PieceIndex piece, std::span<const std::byte> bytes) override;
  void claim(PieceIndex piece) override;
  /// A content that has its name becomes a .part again.
  std::vector<PieceIndex> withdraw(std::span<const PieceIndex> pieces) override;

  /// These pieces are not kept any more, and where the file system can, their blocks are given back. Returns those that
  /// were stored; none of a content that has its name. Throws std::system_error. Precondition: Options::sparse.
  std::vector<PieceIndex> drop(std::span<const PieceIndex> pieces);

  /// The content, which has its name, is here now: somebody has renamed a folder that it lies in.
  void relocate(const std::filesystem::path& root);

  std::optional<Source> source(PieceIndex piece) override;
  /// How a file of a complete content was when it was checked; none while the content is not complete.
  std::optional<File::Stamp> stamp_of(std::size_t file) const {
    return at_root_ ? std::optional(stamps_[file]) : std::nullopt;
  }
  std::vector<PieceIndex> recheck(PieceIndex piece) override;

  /// Somebody changes what was complete; writing to it would destroy what they do.
  bool frozen() const override { return frozen_; }

  /// Every piece: none is larger than 64 MiB.
  std::uint32_t largest_in_memory() const override { return geometry().largest_size(); }

 private:
  std::filesystem::path path_of(std::size_t file) const;
  const std::filesystem::path& part() const { return scratch_.part; }
  void serve_as_it_is();
  void claim_complete(FolderState state);
  void claim_scratch();
  void claim_part();
  void prepare_files();
  void copy_matching(const std::filesystem::path& from, File::Mode mode);
  void record(PieceIndex piece, const Xxh3Digest& digest);
  bool read_piece(PieceIndex piece, std::span<std::byte> buffer) const;
  bool check_piece(PieceIndex piece, std::span<std::byte> buffer, bool by_digest) const;
  Bitfield scan(const std::vector<PieceIndex>& pieces, bool by_digest);
  void set_modes();
  void finish();
  void take_name_back();
  void remove_unused();
  void note_stamps();

  Content content_;
  Options options_;
  Scratch scratch_;            ///< While it is not complete.
  bool made_scratch_ = false;  ///< It was made here, with nothing in it.
  bool at_root_ = false;       ///< Complete, under its own name.
  bool frozen_ = false;
  Bitfield stored_;
  std::optional<Journal> journal_;   ///< While it is not complete.
  std::vector<Xxh3Digest> digests_;  ///< Of the pieces in digest_known_.
  Bitfield digest_known_;
  std::vector<File::Stamp> stamps_;  ///< By file, once complete.
  OpenFiles files_;
};

}  // namespace p2p
