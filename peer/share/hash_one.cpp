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

ContentId id_of(const std::string& text) { return sha256(std::as_bytes(std::span(text))); }

/// On this thread alone: to begin another one takes longer than to hash so little. False when there are fewer bytes.
bool hash_small(const File& file, HashedFile& hashed) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(hashed.file.size));
  if (file.read_at(0, bytes) != bytes.size()) return false;
  hashed.digest = sha256(bytes);
  hashed.id = id_of(config::manifest_text(manifest_of(hashed.file, *hashed.digest)));
  return true;
}

bool hash_large(const std::filesystem::path& path, unsigned jobs, const std::atomic<bool>& stop,
                std::atomic<std::uint64_t>& hashed_bytes, HashedFile& hashed) {
  const FileToHash to_hash{path, hashed.file.size};
  const HashOptions how{
      usual_piece_size(hashed.file.size), config::PieceHash::sha256, jobs, ProgressMode::none, &stop, &hashed_bytes};
  const HashedPieces pieces = hash_files(std::span(&to_hash, 1), how);
  if (!pieces.cut_short.empty()) return false;
  hashed.text = config::manifest_text(manifest_of(hashed.file, pieces.digests));
  hashed.id = id_of(hashed.text);
  return true;
}

}  // namespace

/// Then the kernel gives no read lease on it. Where it gives none to us for another reason (the file is somebody
/// else's, the file system has no leases) nobody can tell.
bool is_open_for_writing(const File& file) {
  if (::fcntl(file.descriptor(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(file.descriptor(), F_SETLEASE, F_UNLCK);
  return false;
}

config::Manifest manifest_of(const SeenFile& file, std::span<const std::byte> digests) {
  return {.folder = false,
          .piece_size = usual_piece_size(file.size),
          .piece_hash = config::PieceHash::sha256,
          .files = {{file.name.substr(file.name.rfind('/') + 1), file.size, file.executable ? 0755u : 0644u}},
          .folders = {},
          .digests = file.size == 0 ? std::vector<std::byte>() : std::vector(digests.begin(), digests.end())};
}

ManifestPtr manifest_of_small(const std::string& name, std::uint64_t size, const ContentId& digest,
                              const ContentId& id) {
  if (size > usual_piece_size(size)) return nullptr;
  for (const bool executable : {false, true}) {
    const SeenFile file{.name = name, .size = size, .executable = executable};
    if (auto known = check_manifest(config::manifest_text(manifest_of(file, digest)), id, name)) return known;
  }
  return nullptr;
}

HashedFile hash_one(const std::filesystem::path& root, const SeenFile& file, unsigned jobs,
                    const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes, bool follow_links) {
  using Result = HashedFile::Result;
  HashedFile hashed{.file = file};
  const auto is_as_seen = [&] { return see_file(root, file.name, follow_links) == file; };
  try {
    hashed.result = Result::busy;
    const auto found = find_file(root, file.name, follow_links);
    if (!found) return hashed;
    const std::filesystem::path& path = found->path;
    const File open(path, File::Mode::read_own);
    if (is_open_for_writing(open) || !is_as_seen()) return hashed;
    const bool whole = file.size <= usual_piece_size(file.size) ? hash_small(open, hashed)
                                                                : hash_large(path, jobs, stop, hashed_bytes, hashed);
    if (!whole || !is_as_seen() || is_open_for_writing(open)) return hashed;
    hashed.result = Result::hashed;
    if (hashed.text.size() > config::Manifest::kMaxTextBytes) {
      hashed.result = Result::failed;
      hashed.text = "has too many pieces for a manifest";
    }
  } catch (const std::exception& error) {
    hashed.result = is_as_seen() ? Result::failed : Result::busy;
    hashed.text = error.what();
  }
  return hashed;
}

}  // namespace p2p
