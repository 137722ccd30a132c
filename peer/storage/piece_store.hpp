// Where pieces live on disk: `<folder>/<name>.part`, each piece at its place, renamed to `<folder>/<name>` when the
// last one is stored. A file without .part is complete.
//
// Absent: which pieces to get, and their verification. Blocking; called from the network thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "peer/storage/file.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

/// What a peer's folder holds before the exchange begins.
enum class FolderState {
  complete,  ///< The file, with the right size.
  missing,   ///< No file; an unfinished .part may be there.
};

/// Looks without touching anything. Throws ExitError: content_mismatch when the file has another size or is no regular
/// file, io when it cannot be looked at.
FolderState inspect_folder(const std::filesystem::path& folder, const std::string& file_name, const Geometry& geometry);

class PieceStore {
 public:
  /// Opens the complete file, or creates folder and .part. Throws ExitError: disk_full when there is no room for the
  /// whole file, io for other failures, and what inspect_folder() throws.
  PieceStore(const std::filesystem::path& folder, const std::string& file_name, const Geometry& geometry);

  const Bitfield& stored() const { return stored_; }

  /// Stores one piece; `bytes` has exactly its size. The piece that completes the file renames it before this returns.
  /// Throws std::system_error.
  void write(PieceIndex piece, std::span<const std::byte> bytes);

  /// For sending stored pieces from; valid as long as the store.
  int descriptor() const { return file_.descriptor(); }

 private:
  PieceStore(const std::filesystem::path& folder, const std::string& file_name, const Geometry& geometry, FolderState state);

  Geometry geometry_;
  std::filesystem::path final_path_;
  Bitfield stored_;
  File file_;
};

}  // namespace p2p
