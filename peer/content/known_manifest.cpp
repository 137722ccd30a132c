#include "peer/content/known_manifest.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "config/hex.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/read_text.hpp"
#include "peer/storage/replace_file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

// Bytes. To begin threads takes longer than the SHA-256 of so few.
constexpr std::uint64_t kLongToHash = 1u << 20;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string read(const fs::path& path) {
  try {
    return read_text(path);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::io, "cannot read " + path.string() + ": " + error.code().message());
  }
}

Layout layout_of(const config::Manifest& manifest) {
  if (!manifest.folder)
    return Layout::of_file(manifest.files.front().size, manifest.piece_size, manifest.files.front().executable());
  std::vector<Layout::File> files;
  for (const config::ManifestFile& file : manifest.files)
    files.push_back({.path = file.path, .size = file.size, .executable = file.executable()});
  return Layout::of_folder(std::move(files), {manifest.folders.begin(), manifest.folders.end()}, manifest.piece_size);
}

}  // namespace

ContentPrefix prefix_of(const ContentId& id) {
  ContentPrefix prefix;
  std::copy_n(id.begin(), prefix.size(), prefix.begin());
  return prefix;
}

ManifestPtr check_manifest(std::string text, const ContentId& id, const std::string& name) {
  if (sha256(bytes_of(text)) != id) return nullptr;
  auto manifest = config::parse_manifest(text, name);
  return std::make_shared<const KnownManifest>(KnownManifest{std::move(manifest), std::move(text), id});
}

ManifestPtr find_manifest(const fs::path& folder, const ContentId& id) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".manifest" || !entry.is_regular_file(error)) continue;
    if (entry.file_size(error) > config::Manifest::kMaxTextBytes) continue;
    if (auto known = check_manifest(read(entry.path()), id, entry.path().string())) return known;
  }
  return nullptr;
}

void save_manifest(const fs::path& folder, const KnownManifest& known) {
  const fs::path path = folder / (config::to_hex(known.id).substr(0, 16) + ".manifest");
  try {
    replace_file(path, known.text, Durability::in_memory);
  } catch (const std::system_error& error) {
    throw ExitError(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io,
                    std::string("cannot keep the manifest: ") + error.what());
  }
}

Content content_of(const fs::path& root, ManifestPtr known) {
  Layout layout = layout_of(known->manifest);
  const ContentId id = known->id;
  const bool takes_long =
      known->manifest.piece_hash == config::PieceHash::sha256 && layout.geometry().total_size() > kLongToHash;
  return {.root = root,
          .layout = std::move(layout),
          .id = id,
          .matches =
              [known = std::move(known)](PieceIndex piece, std::span<const std::byte> bytes) {
                const auto right = known->manifest.digest(piece.value);
                std::array<std::byte, sizeof(Sha256Digest)> digest;
                const auto found = std::span(digest).first(right.size());
                digest_of(known->manifest.piece_hash, bytes, found);
                return std::ranges::equal(found, right);
              },
          .matching_takes_long = takes_long};
}

}  // namespace p2p
