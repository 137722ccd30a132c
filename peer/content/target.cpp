#include "peer/content/target.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <thread>

#include "peer/content/hash_files.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

bool has_bytes(const fs::path& root, const config::Manifest& manifest, ProgressMode progress) {
  const std::uint64_t size = manifest.files.front().size;
  if (File(root, File::Mode::read).size() != size) return false;
  const FileToHash file{root, size};
  const unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  const HashedPieces found =
      hash_files(std::span(&file, 1), {manifest.piece_size, manifest.piece_hash, jobs, progress});
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
  if (!fs::is_regular_file(status))
    throw ExitError(ExitCode::content_mismatch,
                    root.string() + " is there, and no file; move it away, or say another folder with --out");
  if (has_bytes(root, known->manifest, progress)) {
    if (update) set_executable(root, known->manifest.files.front().executable());
    remove_stale_journals(content_of(root, known));
    return true;
  }
  if (!update)
    throw ExitError(
        ExitCode::content_mismatch,
        root.string() + " is there and is something else; move it away, or say --update to replace it by this content");
  return false;
}

}  // namespace p2p
