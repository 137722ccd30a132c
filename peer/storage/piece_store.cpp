#include "peer/storage/piece_store.hpp"

#include <system_error>

#include "peer/exit_code.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

fs::path part_path(const fs::path& final_path) { return fs::path(final_path.string() + ".part"); }

File open_content(const fs::path& final_path, const Geometry& geometry, FolderState state) {
  try {
    if (state == FolderState::complete) return File(final_path, File::Mode::read);
    fs::create_directories(final_path.parent_path());
    File part(part_path(final_path), File::Mode::read_write_create);
    part.preallocate(geometry.file_size());
    return part;
  } catch (const std::system_error& error) {
    const bool full = is_disk_full(error.code());
    throw ExitError(full ? ExitCode::disk_full : ExitCode::io,
                    std::string("cannot prepare the peer's folder: ") + error.what() +
                        (full ? "; " + std::to_string(geometry.file_size()) + " bytes are needed" : ""));
  }
}

}  // namespace

FolderState inspect_folder(const fs::path& folder, const std::string& file_name, const Geometry& geometry) {
  const fs::path path = folder / file_name;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return FolderState::missing;
  if (error) throw ExitError(ExitCode::io, "cannot look at " + path.string() + ": " + error.message());
  if (!fs::is_regular_file(status)) throw ExitError(ExitCode::content_mismatch, path.string() + " is not a regular file");
  const std::uint64_t size = fs::file_size(path, error);
  if (error) throw ExitError(ExitCode::io, "cannot look at " + path.string() + ": " + error.message());
  if (size != geometry.file_size())
    throw ExitError(ExitCode::content_mismatch, path.string() + " has " + std::to_string(size) + " bytes, expected " +
                                                    std::to_string(geometry.file_size()) + " (FileSize in Common.cfg)");
  return FolderState::complete;
}

PieceStore::PieceStore(const fs::path& folder, const std::string& file_name, const Geometry& geometry)
    : PieceStore(folder, file_name, geometry, inspect_folder(folder, file_name, geometry)) {}

PieceStore::PieceStore(const fs::path& folder, const std::string& file_name, const Geometry& geometry, FolderState state)
    : geometry_(geometry),
      final_path_(folder / file_name),
      stored_(state == FolderState::complete ? Bitfield::full(geometry.piece_count()) : Bitfield(geometry.piece_count())),
      file_(open_content(final_path_, geometry, state)) {}

void PieceStore::write(PieceIndex piece, std::span<const std::byte> bytes) {
  P2P_ASSERT(bytes.size() == geometry_.size_of(piece) && !stored_.test(piece));
  file_.write_at(geometry_.offset_of(piece), bytes);
  stored_.set(piece);
  if (stored_.complete()) file_.rename_to(final_path_);
}

}  // namespace p2p
