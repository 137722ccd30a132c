#include "peer/share/tree.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>
#include <vector>

#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

/// In the order of a manifest.
std::vector<SeenFile> sorted_files(const FolderScan& scan) {
  std::vector<SeenFile> files = scan.files;
  std::ranges::sort(files, {}, &SeenFile::name);
  return files;
}

/// Those in which nothing is that is offered, in the order of a manifest.
std::vector<std::string> folders_without_content(const FolderScan& scan, const std::vector<SeenFile>& files) {
  std::vector<std::string> sorted = scan.folders;
  std::ranges::sort(sorted);
  std::vector<std::string> empty;
  for (const std::string& folder : sorted) {
    const std::string inside = folder + "/";
    const auto file = std::ranges::lower_bound(files, inside, {}, &SeenFile::name);
    const auto below = std::ranges::lower_bound(sorted, inside);
    if ((file == files.end() || !file->name.starts_with(inside)) &&
        (below == sorted.end() || !below->starts_with(inside)))
      empty.push_back(folder);
  }
  return empty;
}

/// For files of our own, in which nobody looks for two with the same one.
std::uint64_t digest_of_looks(const std::vector<SeenFile>& files, const std::vector<std::string>& folders) {
  Digester digester(config::PieceHash::xxh3);
  const auto add = [&](std::string_view text) { digester.add(std::as_bytes(std::span(text))); };
  for (const SeenFile& file : files) {
    add(file.name);
    const std::uint64_t numbers[] = {0, file.size, static_cast<std::uint64_t>(file.changed_ns), file.inode,
                                     file.executable ? 1u : 0u};
    digester.add(std::as_bytes(std::span(numbers)));
  }
  for (const std::string& folder : folders) add(folder + '/');
  Xxh3Digest digest{};
  digester.finish(digest);
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number;
}

std::string fault_of(const config::Manifest& manifest) {
  std::vector<std::string_view> paths(manifest.folders.begin(), manifest.folders.end());
  for (const config::ManifestFile& file : manifest.files) paths.push_back(file.path);
  if (const auto collision = config::path_collision(paths)) return *collision + ", which one content cannot have";
  return {};
}

}  // namespace

FolderScan as_one(const FolderScan& scan, const std::string& name) {
  FolderScan one{.files = {}, .refused = scan.refused, .left_out = scan.left_out};
  SeenFile whole{.name = name};
  for (const SeenFile& file : scan.files) {
    whole.size += file.size;
    whole.changed_ns = std::max(whole.changed_ns, file.changed_ns);
  }
  const std::vector<SeenFile> files = sorted_files(scan);
  whole.inode = digest_of_looks(files, folders_without_content(scan, files));
  if (whole.size > 0)
    one.files.push_back(std::move(whole));
  else
    one.refused.insert("the folder has no bytes");
  return one;
}

HashedFile hash_tree(const std::filesystem::path& root, const SeenFile& whole, const std::function<FolderScan()>& look,
                     unsigned jobs, const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes) {
  using Result = HashedFile::Result;
  HashedFile hashed{.file = whole};
  try {
    hashed.result = Result::busy;
    const FolderScan scan = look();
    const auto is_as_seen = [&](const FolderScan& now) { return as_one(now, whole.name).files == std::vector{whole}; };
    if (!is_as_seen(scan)) return hashed;
    const std::vector<SeenFile> files = sorted_files(scan);
    const auto anybody_writes = [&] {
      return std::ranges::any_of(
          files, [&](const SeenFile& file) { return is_open_for_writing(File(root / file.name, File::Mode::read)); });
    };
    config::Manifest manifest{.folder = true,
                              .piece_size = usual_piece_size(whole.size),
                              .piece_hash = config::PieceHash::sha256,
                              .files = {},
                              .folders = folders_without_content(scan, files),
                              .digests = {}};
    std::vector<FileToHash> to_hash;
    for (const SeenFile& file : files) {
      manifest.files.push_back({file.name, file.size, file.executable ? 0755u : 0644u});
      to_hash.push_back({root / file.name, file.size});
    }
    if (const std::string fault = fault_of(manifest); !fault.empty()) {
      hashed.result = Result::failed;
      hashed.text = fault;
      return hashed;
    }
    if (anybody_writes()) return hashed;
    HashedPieces pieces =
        hash_files(to_hash, {manifest.piece_size, manifest.piece_hash, jobs, ProgressMode::none, &stop, &hashed_bytes});
    if (!pieces.cut_short.empty() || !is_as_seen(look()) || anybody_writes()) return hashed;
    manifest.digests = std::move(pieces.digests);
    hashed.text = config::manifest_text(manifest);
    hashed.id = sha256(std::as_bytes(std::span(hashed.text)));
    hashed.result = Result::hashed;
    if (hashed.text.size() > config::Manifest::kMaxTextBytes) {
      hashed.result = Result::failed;
      hashed.text = "has too many pieces for a manifest";
    }
  } catch (const std::exception& error) {
    // A file that is gone by now is a change, and the next look sees it.
    try {
      hashed.result = as_one(look(), whole.name).files == std::vector{whole} ? Result::failed : Result::busy;
    } catch (const std::exception&) {
      hashed.result = Result::busy;
    }
    hashed.text = error.what();
  }
  return hashed;
}

}  // namespace p2p
