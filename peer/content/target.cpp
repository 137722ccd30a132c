#include "peer/content/target.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "peer/content/hash_files.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/replace_file.hpp"
#include "peer/storage/scratch.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

/// A content whose root is a file is that file.
fs::path place_of(const fs::path& root, const config::Manifest& manifest, const std::string& path) {
  return manifest.folder ? root / path : root;
}

bool has_bytes(const fs::path& root, const config::Manifest& manifest, ProgressMode progress) {
  std::error_code ignored;
  for (const std::string& folder : manifest.folders)
    if (!fs::is_directory(root / folder, ignored)) return false;
  std::vector<FileToHash> files;
  for (const config::ManifestFile& file : manifest.files) {
    files.push_back({place_of(root, manifest, file.path), file.size});
    if (manifest.folder && !fs::is_regular_file(files.back().path, ignored)) return false;
    if (File(files.back().path, File::Mode::read).size() != file.size) return false;
  }
  const unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  const HashedPieces found = hash_files(files, {manifest.piece_size, manifest.piece_hash, jobs, progress});
  return found.cut_short.empty() && found.digests == manifest.digests;
}

void set_executable(const fs::path& root, bool executable) {
  if (fs::is_symlink(root)) return;  // what it leads to is something else's
  try {
    File file(root, File::Mode::read);
    if (((file.mode() & 0100) != 0) != executable) file.set_mode(executable_mode(file.mode(), executable));
  } catch (const std::system_error& error) {
    spdlog::warn("{}", error.what());
  }
}

}  // namespace

bool is_there(const fs::path& root, const ManifestPtr& known, bool update, ProgressMode progress) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found && !something_is_at(root)) return false;
  if (error && status.type() != fs::file_type::not_found)
    throw ExitError(ExitCode::io, "cannot look at " + root.string() + ": " + error.message());
  const config::Manifest& manifest = known->manifest;
  if (status.type() != (manifest.folder ? fs::file_type::directory : fs::file_type::regular))
    throw ExitError(ExitCode::content_mismatch, root.string() + " is there, and no " +
                                                    (manifest.folder ? "folder" : "file") +
                                                    "; move it away, or say another folder with --out");
  if (has_bytes(root, manifest, progress)) {
    if (update)
      for (const config::ManifestFile& file : manifest.files)
        set_executable(place_of(root, manifest, file.path), file.executable());
    if (manifest.has_bytes()) remove_stale_journals(content_of(root, known));
    return true;
  }
  if (!update)
    throw ExitError(
        ExitCode::content_mismatch,
        root.string() + " is there and is something else; move it away, or say --update to replace it by this content");
  return false;
}

void make_empty(const fs::path& root, const KnownManifest& known, bool update) {
  P2P_ASSERT(!known.manifest.has_bytes());
  const bool executable = known.manifest.files.front().executable();
  make_folders(root.parent_path());
  if (!update || !something_is_at(root)) {
    File::create(root, executable);
    return;
  }
  replace_file(root, {}, Durability::in_memory);
  set_executable(root, executable);
}

}  // namespace p2p
