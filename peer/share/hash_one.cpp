#include "peer/share/hash_one.hpp"

#include <fcntl.h>

#include <cerrno>
#include <exception>
#include <span>
#include <vector>

#include "config/manifest.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

/// Whether somebody has the file open for writing: then the kernel gives no read lease on it. Where it gives none to us
/// for another reason (the file is somebody else's, the file system has no leases) nobody can tell.
bool open_for_writing(const std::filesystem::path& path) {
  const File file(path, File::Mode::read);
  if (::fcntl(file.descriptor(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(file.descriptor(), F_SETLEASE, F_UNLCK);
  return false;
}

}  // namespace

HashedFile hash_one(const std::filesystem::path& root, const SeenFile& file, unsigned jobs,
                    const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes) {
  using Result = HashedFile::Result;
  HashedFile hashed{.file = file};
  const std::filesystem::path path = root / file.name;
  try {
    hashed.result = Result::busy;
    if (open_for_writing(path) || see_file(root, file.name) != file) return hashed;
    config::Manifest manifest{
        .folder = false,
        .piece_size = usual_piece_size(file.size),
        .piece_hash = config::PieceHash::sha256,
        .files = {{file.name.substr(file.name.rfind('/') + 1), file.size, file.executable ? 0755u : 0644u}},
        .folders = {},
        .digests = {}};
    const FileToHash to_hash{path, file.size};
    const HashOptions how{manifest.piece_size, manifest.piece_hash, jobs, ProgressMode::none, &stop, &hashed_bytes};
    HashedPieces pieces = hash_files(std::span(&to_hash, 1), how);
    if (!pieces.cut_short.empty() || see_file(root, file.name) != file || open_for_writing(path)) return hashed;
    manifest.digests = std::move(pieces.digests);
    hashed.text = config::manifest_text(manifest);
    hashed.id = sha256(std::as_bytes(std::span(hashed.text)));
    hashed.result = Result::hashed;
    if (hashed.text.size() > config::Manifest::kMaxTextBytes) {
      hashed.result = Result::failed;
      hashed.text = "has too many pieces for a manifest";
    }
  } catch (const std::exception& error) {
    hashed.result = see_file(root, file.name) == file ? Result::failed : Result::busy;
    hashed.text = error.what();
  }
  return hashed;
}

}  // namespace p2p
