#include "peer/storage/piece_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "peer/storage/store_error.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

/// A failure to prepare the folder, for the user.
[[noreturn]] void rethrow_for_user(const std::system_error& error, const Geometry& geometry) {
  const bool full = is_disk_full(error.code());
  throw StoreError(full ? StoreFault::full : StoreFault::unusable,
                   std::string("cannot prepare the peer's folder: ") + error.what() +
                       (full ? "; " + std::to_string(geometry.total_size()) + " bytes are needed" : ""));
}

std::vector<PieceIndex> all_pieces(const Geometry& geometry) {
  std::vector<PieceIndex> pieces;
  for (std::uint32_t i = 0; i < geometry.piece_count(); ++i) pieces.push_back(PieceIndex{i});
  return pieces;
}

}  // namespace

PieceStore::PieceStore(Content content, Options options)
    : content_(std::move(content)),
      options_(std::move(options)),
      stored_(geometry().piece_count()),
      files_(content_.layout.files().size(), [this](std::size_t file) {
        return std::make_shared<File>(path_of(file), at_root_ ? File::Mode::read : File::Mode::read_write);
      }) {
  if (options_.serve_only) {
    serve_as_it_is();
    return;
  }
  const FolderState state = options_.replace ? FolderState::missing : inspect_folder(content_);
  try {
    if (state != FolderState::missing) claim_complete(state);
    if (!at_root_) claim_part();
  } catch (const std::system_error& error) {
    remove_unused();
    rethrow_for_user(error, geometry());
  }
}

PieceStore::~PieceStore() { remove_unused(); }

void PieceStore::remove_unused() {
  if (made_scratch_ && !at_root_ && stored_.count() == 0) p2p::remove_unused(scratch_, *journal_, content_);
}

// --- what is there -------------------------------------------------------------------------------------------------

void PieceStore::serve_as_it_is() {
  at_root_ = true;
  note_stamps();
  stored_ = Bitfield::full(geometry().piece_count());
}

/// Sets at_root_ when the content is right, else leaves a .part with the pieces that are.
void PieceStore::claim_complete(FolderState state) {
  at_root_ = true;
  // Before the scan: what is changed while it runs is noticed later.
  note_stamps();
  stored_ = content_.matches ? scan(all_pieces(geometry()), false) : Bitfield::full(geometry().piece_count());
  if (stored_.complete() && state == FolderState::complete) {
    remove_stale_journals(content_);
    return;
  }
  if (stored_.count() == 0)
    throw StoreError(
        StoreFault::mismatch,
        content_.root.string() + " has no piece that matches the manifest: it is something else; move it away");
  if (!is_by_itself(content_.root, content_))
    throw StoreError(StoreFault::mismatch,
                     content_.root.string() +
                         " does not match the manifest, and mending it would write to something else: it is, "
                         "or has in it, a symbolic link or a file with a second name; move it away");
  const Bitfield right = stored_;
  // The journal comes first: a crash leaves the content under its name, or a .part of which the journal tells it all.
  claim_scratch();
  made_scratch_ = false;  // the .part will be what is there
  if (something_is_at(part()))
    throw StoreError(StoreFault::mismatch, content_.root.string() + " does not match the manifest, and there is a " +
                                               part().string() + ", too; remove one of them");
  stored_ = right;
  std::vector<std::byte> buffer(geometry().largest_size());
  stored_.for_each([&](PieceIndex piece) {
    const Layout::Place at = content_.layout.place_of(piece);
    const auto bytes = std::span(buffer).first(geometry().size_of(piece));
    files_.open(at.file)->read_at(at.offset, bytes);
    record(piece, xxh3_128(bytes));
  });
  files_.close_all();
  at_root_ = false;
  rename_to_new(content_.root, part());
}

void PieceStore::claim_scratch() {
  ScratchClaim claim = p2p::claim_scratch(content_, options_.on_scan);
  scratch_ = std::move(claim.names);
  stored_ = std::move(claim.proven);
  digests_.resize(geometry().piece_count());
  digest_known_ = Bitfield(geometry().piece_count());
  for (const auto& [piece, digest] : claim.journal.records()) {
    if (!geometry().contains(piece)) continue;
    digests_[piece.value] = digest;
    digest_known_.set(piece);
  }
  journal_.emplace(std::move(claim.journal));
  made_scratch_ = claim.made;
}

void PieceStore::claim_part() {
  make_folders(content_.root.parent_path());
  const bool was_complete = journal_.has_value();
  if (!was_complete) claim_scratch();
  const bool was_there = something_is_at(part());
  prepare_files();
  if (content_.matches && !was_complete) {
    if (was_there && journal_->records().empty()) stored_ = scan(all_pieces(geometry()), false);
    if (options_.replace) copy_matching(content_.root, File::Mode::read);
    for (const Scratch& pair : scratch_names(content_))
      if (pair.part != part() && is_by_itself(pair.part, content_)) copy_matching(pair.part, File::Mode::read_own);
  }
  if (stored_.complete()) finish();
}

void PieceStore::prepare_files() {
  const Layout& layout = content_.layout;
  if (layout.is_folder()) {
    make_folders(part());
    for (const fs::path& folder : layout.empty_folders()) make_folders(part() / folder);
    for (const Layout::File& file : layout.files()) make_folders((part() / file.path).parent_path());
  }
  for (std::size_t i = 0; i < layout.files().size(); ++i) {
    if (!something_is_at(path_of(i))) File::create(path_of(i), layout.files()[i].executable);
    // A content that was complete before may be write-protected.
    std::error_code ignored;
    fs::permissions(path_of(i), fs::perms::owner_read | fs::perms::owner_write,
                    fs::perm_options::add | fs::perm_options::nofollow, ignored);
    if (options_.sparse)
      files_.open(i)->truncate(layout.files()[i].size);
    else
      files_.open(i)->preallocate(layout.files()[i].size);
  }
}

/// Takes the pieces that we lack and that match the manifest from what is not ours, or is still in use.
void PieceStore::copy_matching(const fs::path& from, File::Mode mode) {
  std::error_code ignored;
  if (!(content_.layout.is_folder() ? fs::is_directory(from, ignored) : fs::is_regular_file(from, ignored))) return;
  std::vector<PieceIndex> missing;
  for (const PieceIndex piece : all_pieces(geometry()))
    if (!stored_.test(piece)) missing.push_back(piece);
  const auto is_right = [&](PieceIndex piece, std::span<std::byte> buffer) {
    return p2p::read_piece(content_.layout, from, mode, piece, buffer) && matches(piece, buffer);
  };
  const Bitfield right = scan_pieces(geometry(), missing, is_right, options_.on_scan);
  std::vector<std::byte> buffer(geometry().largest_size());
  right.for_each([&](PieceIndex piece) {
    const auto bytes = std::span(buffer).first(geometry().size_of(piece));
    if (!is_right(piece, bytes)) return;  // somebody has changed it meanwhile
    const Layout::Place at = content_.layout.place_of(piece);
    files_.open(at.file)->write_sparsely_at(at.offset, bytes);
    record(piece, xxh3_128(bytes));
    stored_.set(piece);
  });
}

/// False when the file does not have all of it or cannot be read. Called from several threads at once.
bool PieceStore::read_piece(PieceIndex piece, std::span<std::byte> buffer) const {
  const Layout::Place at = content_.layout.place_of(piece);
  if (const auto open = files_.find(at.file)) {
    try {
      return open->read_at(at.offset, buffer) == buffer.size();
    } catch (const std::system_error&) {
      return false;
    }
  }
  return p2p::read_piece(content_.layout, at_root_ ? content_.root : part(),
                         at_root_ ? File::Mode::read : File::Mode::read_own, piece, buffer);
}

bool PieceStore::check_piece(PieceIndex piece, std::span<std::byte> buffer, bool by_digest) const {
  if (!read_piece(piece, buffer)) return false;  // what cannot be read is not claimed
  if (!by_digest) return matches(piece, buffer);
  // A content that was complete from the start has no digests: nothing proves it right.
  return digest_known_.size() > 0 && digest_known_.test(piece) && xxh3_128(buffer) == digests_[piece.value];
}

Bitfield PieceStore::scan(const std::vector<PieceIndex>& pieces, bool by_digest) {
  return scan_pieces(
      geometry(), pieces,
      [&](PieceIndex piece, std::span<std::byte> buffer) { return check_piece(piece, buffer, by_digest); },
      options_.on_scan);
}

// --- writing -------------------------------------------------------------------------------------------------------

fs::path PieceStore::path_of(std::size_t file) const {
  return place_below(at_root_ ? content_.root : part(), content_.layout.files()[file].path);
}

void PieceStore::write(PieceIndex piece, std::span<const std::byte> bytes) {
  P2P_ASSERT(bytes.size() == geometry().size_of(piece) && !stored_.test(piece) && !at_root_);
  const Layout::Place at = content_.layout.place_of(piece);
  files_.open(at.file)->write_sparsely_at(at.offset, bytes);
  record(piece, xxh3_128(bytes));
  stored_.set(piece);
  if (!stored_.complete()) return;
  try {
    finish();
  } catch (const std::system_error&) {
    stored_.reset(piece);  // the content has no name yet, and this piece is how it gets one
    throw;
  }
}

void PieceStore::park(PieceIndex piece, std::span<const std::byte> bytes) {
  P2P_ASSERT(bytes.size() == geometry().size_of(piece) && !stored_.test(piece) && !at_root_);
  const Layout::Place at = content_.layout.place_of(piece);
  files_.open(at.file)->write_sparsely_at(at.offset, bytes);
}

void PieceStore::claim(PieceIndex piece) {
  std::vector<std::byte> bytes(geometry().size_of(piece));
  if (!read_piece(piece, bytes))
    throw std::system_error(std::make_error_code(std::errc::io_error),
                            "cannot read a piece back from " + scratch_.part.string());
  write(piece, bytes);
}

std::vector<PieceIndex> PieceStore::withdraw(std::span<const PieceIndex> pieces) {
  std::vector<PieceIndex> withdrawn;
  Bitfield revoked(geometry().piece_count());
  for (const PieceIndex piece : pieces) {
    if (!stored_.reset(piece)) continue;
    withdrawn.push_back(piece);
    revoked.set(piece);
    digest_known_.reset(piece);
  }
  if (withdrawn.empty() || frozen_) return withdrawn;
  at_root_ ? take_name_back() : journal_->revoke(revoked);
  return withdrawn;
}

std::vector<PieceIndex> PieceStore::drop(std::span<const PieceIndex> pieces) {
  P2P_ASSERT(options_.sparse);
  if (at_root_) return {};
  std::vector<PieceIndex> dropped = withdraw(pieces);
  for (const PieceIndex piece : dropped) {
    const Layout::Place at = content_.layout.place_of(piece);
    // Whole blocks: in a part of one zeros would be written, and a neighbor may still be sent what is there.
    constexpr std::uint64_t kBlock = File::kHoleAlignment;
    const std::uint64_t first = (at.offset + kBlock - 1) / kBlock * kBlock;
    const std::uint64_t end = (at.offset + geometry().size_of(piece)) / kBlock * kBlock;
    if (first < end) files_.open(at.file)->give_back(first, end - first);
  }
  return dropped;
}

/// The content is not complete after all. The new journal has its right pieces before anything is written.
void PieceStore::take_name_back() {
  const auto is_as_we_left_it = [this](std::size_t file) {
    try {
      return File(path_of(file), File::Mode::read_own).stamp() == stamps_[file];
    } catch (const std::system_error&) {
      return false;
    }
  };
  for (std::size_t i = 0; i < content_.layout.files().size(); ++i)
    if (!is_as_we_left_it(i))
      throw StoreError(
          StoreFault::mismatch,
          content_.root.string() + " is not right, and somebody else has changed it; move it away and start again");
  ScratchClaim claim = p2p::take_name_back(content_);
  scratch_ = std::move(claim.names);
  journal_.emplace(std::move(claim.journal));
  made_scratch_ = false;
  at_root_ = false;
  files_.close_all();
  stored_.for_each([this](PieceIndex piece) { record(piece, digests_[piece.value]); });
}

void PieceStore::record(PieceIndex piece, const Xxh3Digest& digest) {
  journal_->append({piece, digest});
  digests_[piece.value] = digest;
  digest_known_.set(piece);
}

/// Of a manifest only executable or not is taken. Files of ours have the right permissions from the beginning; those
/// that were there before may not. Where the file system refuses it, it is not worth the transfer.
void PieceStore::set_modes() {
  std::size_t refused = 0;
  std::string first;
  for (std::size_t i = 0; i < content_.layout.files().size(); ++i) {
    try {
      const auto file = files_.open(i);
      // Without a manifest nobody knows: as it is.
      const bool executable = content_.id ? content_.layout.files()[i].executable : (file->mode() & 0100) != 0;
      if (const std::uint32_t wanted = executable_mode(file->mode(), executable); wanted != file->mode())
        file->set_mode(wanted);
    } catch (const std::system_error& error) {
      if (is_exhausted(error.code())) throw;
      if (refused++ == 0) first = error.what();
    }
  }
  if (refused > 0)
    spdlog::warn("{}{}; the received content is complete", first,
                 refused > 1 ? " (and of " + std::to_string(refused - 1) + " more files)" : "");
}

/// Every piece is stored: gives the content its name. A crash in between leaves a .part that is complete, or a journal
/// that nobody needs; both are mended by the next start.
void PieceStore::finish() {
  set_modes();
  if (options_.sync)
    for (std::size_t i = 0; i < content_.layout.files().size(); ++i) files_.open(i)->sync();
  if (options_.replace)
    fs::rename(part(), content_.root);
  else
    rename_to_new(part(), content_.root);
  if (options_.sync) sync_folder(content_.root.parent_path());
  at_root_ = true;
  journal_->remove();
  journal_.reset();
  files_.close_all();
  note_stamps();
}

// --- reading -------------------------------------------------------------------------------------------------------

void PieceStore::note_stamps() {
  stamps_.clear();
  for (std::size_t i = 0; i < content_.layout.files().size(); ++i) {
    try {
      stamps_.push_back(files_.open(i)->stamp());
    } catch (const std::system_error&) {
      stamps_.emplace_back();  // missing or unreadable: its pieces will not be claimed
    }
  }
}

std::optional<PieceStore::Source> PieceStore::source(PieceIndex piece) {
  const Layout::Place at = content_.layout.place_of(piece);
  try {
    auto file = files_.open(at.file);
    if (at_root_ && file->stamp() != stamps_[at.file]) return std::nullopt;
    return Source{std::move(file), at.offset};
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

std::vector<PieceIndex> PieceStore::recheck(PieceIndex piece) {
  const std::size_t file = content_.layout.place_of(piece).file;
  std::vector<PieceIndex> pieces;
  for (std::uint32_t i = content_.layout.files()[file].first_piece; i < content_.layout.pieces_end(file); ++i)
    if (stored_.test(PieceIndex{i})) pieces.push_back(PieceIndex{i});
  if (at_root_) {
    files_.close(file);
    try {
      stamps_[file] = files_.open(file)->stamp();
    } catch (const std::system_error& error) {
      if (is_exhausted(error.code())) return {};
      stamps_[file] = {};
    }
  }
  const Bitfield right = options_.serve_only ? Bitfield(geometry().piece_count()) : scan(pieces, !content_.matches);
  std::vector<PieceIndex> lost;
  for (const PieceIndex each : pieces) {
    if (right.test(each)) continue;
    lost.push_back(each);
    stored_.reset(each);
  }
  frozen_ = frozen_ || (at_root_ && !lost.empty());
  return lost;
}

}  // namespace p2p
