#include "peer/storage/chunk_store.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/text.hpp"
#include "peer/storage/read_text.hpp"
#include "peer/storage/replace_file.hpp"
#include "peer/storage/store_error.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "local_chunks.txt";
constexpr const char* kWorkshop = ".peerProcess";
constexpr const char* kReceived = "received";

PieceIndex piece_of(std::uint32_t chunk) { return PieceIndex{chunk - 1}; }
std::uint32_t chunk_of(PieceIndex piece) { return piece.value + 1; }

/// Empty when it is not there. A file that cannot be read is an error, because it may say something; so is a link,
/// which would be replaced by a file when the list is written.
std::optional<std::string> text_of(const fs::path& path) {
  if (!something_is_at(path)) return std::nullopt;
  if (fs::is_symlink(path))
    throw StoreError(StoreFault::unusable, path.string() + ": is a symbolic link, expected a regular file");
  try {
    return read_regular_text(path);
  } catch (const std::system_error& error) {
    throw StoreError(StoreFault::unusable, path.string() + ": cannot be read: " + error.code().message());
  }
}

config::LocalChunks read_list(const fs::path& folder) {
  const fs::path path = folder / kList;
  const auto text = text_of(path);
  if (!text)
    throw StoreError(
        StoreFault::no_list,
        path.string() + " is missing, expected a list of chunks, at least its last line, such as 4,LASTCHUNK");
  return config::parse_local_chunks(*text, path.string());
}

std::map<std::uint32_t, config::ReceivedChunk> read_received(const fs::path& path) {
  std::map<std::uint32_t, config::ReceivedChunk> received;
  if (const auto text = text_of(path))
    for (config::ReceivedChunk& chunk : config::parse_received_chunks(*text, path.string()))
      received.emplace(chunk.index, std::move(chunk));
  return received;
}

/// The size of a regular file; empty when there is none.
std::optional<std::uint64_t> size_of_file(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

ChunkClaim claim_of(const WholeFile& file, std::string name) {
  return {static_cast<std::uint32_t>(file.size), file.sha256, std::move(name)};
}

bool same_bytes(const WholeFile& file, const config::ReceivedChunk& note) {
  return file.size == note.size && file.sha256 == note.sha256;
}

/// As new_part() makes them: 7-1.part.
bool is_part_name(const std::string& name) {
  constexpr std::string_view kSuffix = ".part";
  return name.ends_with(kSuffix) && name.find_first_not_of("0123456789-") == name.size() - kSuffix.size();
}

/// The workshop, made when it is missing. A link in its place would lead us into a folder of somebody else's.
void make_workshop(const fs::path& workshop) {
  make_folders(workshop);
  if (!fs::is_directory(fs::symlink_status(workshop)))
    throw std::system_error(ENOTDIR, std::generic_category(),
                            "make the folder " + workshop.string() + ", where something else is");
}

/// Those that cannot be removed do no harm.
template <class IsNeedless>
void remove_files(const fs::path& directory, IsNeedless&& is_needless) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (is_needless(it->path())) leftovers.push_back(it->path());
  for (const fs::path& path : leftovers)
    if (fs::is_regular_file(fs::symlink_status(path, error))) fs::remove(path, error);
}

}  // namespace

ChunkStore::ChunkStore(fs::path folder, Options options) : ChunkStore(folder, read_list(folder), std::move(options)) {}

ChunkStore::ChunkStore(fs::path folder, config::LocalChunks list, Options options)
    : folder_(std::move(folder)),
      workshop_(folder_ / kWorkshop),
      options_(std::move(options)),
      list_(std::move(list)),
      geometry_(Geometry::of_chunks(list_.total)),
      chunks_(list_.total),
      received_(read_received(workshop_ / kReceived)),
      stored_(list_.total) {
  try {
    claim_listed();
    claim_unlisted();
    remove_leftovers();
  } catch (const std::system_error& error) {
    throw StoreError(is_disk_full(error.code()) ? StoreFault::full : StoreFault::unusable,
                     std::string("cannot use the chunk folder: ") + error.what());
  }
  std::ranges::sort(held_, {}, &HeldChunk::piece);
}

// --- what is there -------------------------------------------------------------------------------------------------

void ChunkStore::claim_listed() {
  config::Findings findings((folder_ / kList).string());
  std::vector<WholeFile> files;
  for (const config::LocalChunk& listed : list_.chunks) {
    const std::string what = "the file " + config::in_quotes(listed.name) + " of chunk " + std::to_string(listed.index);
    const auto size = size_of_file(folder_ / listed.name);
    if (!size)
      findings.add(listed.line, listed.column, what + " is missing, expected a regular file in this folder");
    else if (*size > config::kLargestChunk)
      findings.add(
          listed.line, listed.column,
          what + " has " + std::to_string(*size) + " bytes, expected at most " + std::to_string(config::kLargestChunk));
    else
      files.push_back({.path = folder_ / listed.name, .size = *size});
  }
  findings.throw_if_any();
  hash_whole_files(files, options_.on_scan);
  for (std::size_t i = 0; i < files.size(); ++i) claim(list_.chunks[i], files[i]);
}

void ChunkStore::claim(const config::LocalChunk& listed, const WholeFile& found) {
  if (found.size > config::kLargestChunk)
    throw StoreError(StoreFault::unusable,
                     found.path.string() + ": has grown beyond the largest size of a chunk while it was hashed");
  const auto note = received_.find(listed.index);
  if (note != received_.end() && note->second.name == listed.name && !same_bytes(found, note->second))
    throw StoreError(StoreFault::mismatch, found.path.string() + " is not what was received as chunk " +
                                               std::to_string(listed.index) + " any more; remove it and its line in " +
                                               kList + " to have it fetched again, or its line in " +
                                               (workshop_ / kReceived).string() + " to vouch for it yourself");
  // An owner who has put a file of his own in its place vouches for that.
  const bool original = note == received_.end() || !same_bytes(found, note->second);
  if (original && note != received_.end()) received_.erase(note);
  const PieceIndex piece = piece_of(listed.index);
  Chunk& chunk = chunks_[piece.value];
  chunk.claim = claim_of(found, listed.name);
  chunk.stamp = found.stamp;
  geometry_.learn(piece, chunk.claim.size);
  stored_.set(piece);
  held_.push_back({piece, chunk.claim, original});
}

/// Makes up for what a process that was killed left undone.
void ChunkStore::claim_unlisted() {
  const std::size_t listed_before = list_.chunks.size();
  const auto is_listed = [this](const std::string& name) {
    return std::ranges::find(list_.chunks, name, &config::LocalChunk::name) != list_.chunks.end();
  };
  std::vector<std::uint32_t> void_notes;
  for (const auto& [index, note] : received_) {
    if (index <= list_.total && stored_.test(piece_of(index))) continue;
    std::vector<WholeFile> file{{.path = folder_ / note.name}};
    const bool fits = index <= list_.total && !is_listed(note.name) && size_of_file(file[0].path) == note.size;
    if (fits) hash_whole_files(file, nullptr);
    if (fits && same_bytes(file[0], note)) {
      list_.chunks.push_back({.index = index, .name = note.name});
      claim(list_.chunks.back(), file[0]);
    } else {
      void_notes.push_back(index);
    }
  }
  for (const std::uint32_t index : void_notes) received_.erase(index);
  if (!void_notes.empty()) save_received();
  if (list_.chunks.size() > listed_before) save_list();
}

/// Parts of chunks, and lists that were never renamed. All other files are somebody else's.
void ChunkStore::remove_leftovers() const {
  if (!fs::is_directory(fs::symlink_status(workshop_))) return;
  remove_files(workshop_, [](const fs::path& path) { return is_part_name(path.filename()) || is_leftover(path); });
  remove_files(folder_, is_leftover);
}

// --- what comes ----------------------------------------------------------------------------------------------------

bool ChunkStore::expect(PieceIndex piece, const ChunkClaim& claim) {
  P2P_ASSERT(!stored_.test(piece));
  chunks_[piece.value].claim = claim;
  if (!something_is_at(path_of(piece))) return true;
  spdlog::error(
      "chunk {} cannot be received: {} is there, and not listed as this chunk; list it, or move it away and start "
      "again",
      chunk_of(piece), path_of(piece).string());
  return false;
}

/// In steps: a process that is to leave must not wait for the hash of 4 GiB.
bool ChunkStore::matches(PieceIndex piece, std::span<const std::byte> bytes) const {
  constexpr std::size_t kStep = 4u << 20;
  Digester digester(config::PieceHash::sha256);
  for (; bytes.size() > kStep && !stop_matching_; bytes = bytes.subspan(kStep)) digester.add(bytes.first(kStep));
  digester.add(bytes.first(std::min(bytes.size(), kStep)));
  Sha256Digest digest{};
  digester.finish(digest);
  return digest == chunks_[piece.value].claim.sha256;
}

fs::path ChunkStore::new_part(PieceIndex piece) {
  make_workshop(workshop_);
  fs::path path;
  do path = workshop_ / (std::to_string(chunk_of(piece)) + "-" + std::to_string(++parts_made_) + ".part");
  while (something_is_at(path));
  return path;
}

std::unique_ptr<MappedPart> ChunkStore::map(PieceIndex piece) {
  return std::make_unique<MappedPart>(new_part(piece), geometry_.size_of(piece));
}

void ChunkStore::keep(PieceIndex piece, MappedPart& part) { place(piece, part.file()); }

void ChunkStore::write(PieceIndex piece, std::span<const std::byte> bytes) {
  if (chunks_[piece.value].placed) return list(piece);
  File part = File::create(new_part(piece));
  try {
    part.write_at(0, bytes);
    place(piece, part);
  } catch (const std::system_error&) {
    std::error_code ignored;
    fs::remove(part.path(),
               ignored);  // it is tried again, with a new one; what has its name already is not here any more
    throw;
  }
}

void ChunkStore::place(PieceIndex piece, File& part) {
  Chunk& chunk = chunks_[piece.value];
  P2P_ASSERT(!stored_.test(piece));
  if (!chunk.placed) {
    if (options_.sync) part.sync();
    note(piece);
    rename_to_new(part.path(), path_of(piece));
    if (options_.sync) sync_folder(folder_);
    chunk.placed = true;
    chunk.stamp = part.stamp();
  }
  list(piece);
}

void ChunkStore::note(PieceIndex piece) {
  const ChunkClaim& claim = chunks_[piece.value].claim;
  const auto index = chunk_of(piece);
  received_[index] = {.index = index, .size = claim.size, .sha256 = claim.sha256, .name = claim.name};
  try {
    save_received();
  } catch (const std::system_error&) {
    received_.erase(index);
    throw;
  }
}

void ChunkStore::list(PieceIndex piece) {
  list_.chunks.push_back({.index = chunk_of(piece), .name = chunks_[piece.value].claim.name});
  try {
    save_list();
  } catch (const std::system_error&) {
    list_.chunks.pop_back();
    throw;
  }
  chunks_[piece.value].placed = false;
  stored_.set(piece);
}

void ChunkStore::save_received() const {
  std::vector<config::ReceivedChunk> notes;
  for (const auto& [index, chunk] : received_) notes.push_back(chunk);
  make_workshop(workshop_);
  replace_file(workshop_ / kReceived, config::print_received_chunks(notes));
}

void ChunkStore::save_list() const { replace_file(folder_ / kList, config::print_local_chunks(list_)); }

// Every chunk has its hash, so there are no doubts.

void ChunkStore::park(PieceIndex, std::span<const std::byte>) { P2P_ASSERT(false); }

void ChunkStore::claim(PieceIndex) { P2P_ASSERT(false); }

std::vector<PieceIndex> ChunkStore::withdraw(std::span<const PieceIndex>) {
  P2P_ASSERT(false);
  return {};
}

// --- what goes -----------------------------------------------------------------------------------------------------

std::optional<PieceStorage::Source> ChunkStore::source(PieceIndex piece) {
  try {
    auto file = std::make_shared<const File>(path_of(piece), File::Mode::read);
    if (file->stamp() != chunks_[piece.value].stamp) return std::nullopt;
    return Source{std::move(file), 0};
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

std::vector<PieceIndex> ChunkStore::recheck(PieceIndex piece) {
  if (!stored_.test(piece)) return {};
  Chunk& chunk = chunks_[piece.value];
  std::vector<WholeFile> file{{.path = path_of(piece)}};
  try {
    hash_whole_files(file, nullptr);
    if (claim_of(file[0], chunk.claim.name) == chunk.claim) {
      chunk.stamp = file[0].stamp;
      return {};
    }
  } catch (const std::system_error& error) {
    if (is_exhausted(error.code())) return {};
  }
  stored_.reset(piece);
  return {piece};
}

}  // namespace p2p
