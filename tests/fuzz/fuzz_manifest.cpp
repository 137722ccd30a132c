// Manifests: any text is either complained about properly or accepted with every invariant kept, and what is accepted
// survives being written and read again.
#include <algorithm>
#include <filesystem>
#include <string>

#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace p2p::config {
namespace {

constexpr const char* kFile = "content.manifest";

void check_path(const std::string& path) {
  P2P_ASSERT(!path.empty() && path.size() <= 4096 && path.find('\0') == std::string::npos);
  const std::filesystem::path parts(path);
  P2P_ASSERT(parts.is_relative() && parts.has_filename() && parts.lexically_normal() == parts);
  P2P_ASSERT(std::ranges::none_of(
      parts, [](const auto& part) { return part == ".." || part == "." || part.native().size() > 255; }));
}

/// What the header promises of an accepted text.
void check_invariants(const Manifest& manifest) {
  P2P_ASSERT(manifest.piece_size >= 1 && manifest.piece_size <= Manifest::kMaxPieceSize);
  std::uint64_t pieces = 0;
  std::uint64_t total = 0;
  for (const ManifestFile& file : manifest.files) {
    check_path(file.path);
    P2P_ASSERT(file.mode <= 0777);
    P2P_ASSERT(file.size <= Manifest::kMaxTotalSize - total);
    total += file.size;
    pieces += file.size / manifest.piece_size + (file.size % manifest.piece_size > 0 ? 1 : 0);
  }
  for (const std::string& folder : manifest.folders) check_path(folder);
  P2P_ASSERT(total == manifest.total_size() && manifest.has_bytes() == (total > 0));
  P2P_ASSERT(manifest.has_bytes() || !manifest.folder);
  P2P_ASSERT(pieces == manifest.piece_count() && pieces <= Manifest::kMaxPieces);
  P2P_ASSERT(manifest.digests.size() == pieces * digest_bytes(manifest.piece_hash));
  P2P_ASSERT(!manifest.has_bytes() ||
             manifest.digest(manifest.piece_count() - 1).size() == digest_bytes(manifest.piece_hash));
  P2P_ASSERT(manifest.folder || (manifest.files.size() == 1 && manifest.folders.empty() &&
                                 manifest.files[0].path.find('/') == std::string::npos));

  // Strictly ascending, so no path is there twice; and nothing is in a file or in an empty folder.
  P2P_ASSERT(std::ranges::adjacent_find(manifest.files, std::ranges::greater_equal{}, &ManifestFile::path) ==
             manifest.files.end());
  P2P_ASSERT(std::ranges::adjacent_find(manifest.folders, std::ranges::greater_equal{}) == manifest.folders.end());
  std::vector<std::string> paths = manifest.folders;
  for (const ManifestFile& file : manifest.files) paths.push_back(file.path);
  for (const std::string& a : paths)
    for (const std::string& b : paths) P2P_ASSERT(&a == &b || (a != b && !b.starts_with(a + "/")));
}

}  // namespace
}  // namespace p2p::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  const std::string text(data, data + size);
  try {
    const Manifest manifest = parse_manifest(text, kFile);
    check_invariants(manifest);
    const std::string written = manifest_text(manifest);
    P2P_ASSERT(parse_manifest(written, kFile) == manifest);
    P2P_ASSERT(manifest_text(parse_manifest(written, kFile)) == written);
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  return 0;
}
