// The manifest of a file or a folder whose bytes a test names.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/storage/digest.hpp"

namespace p2p::test {

inline ManifestPtr known(config::Manifest manifest, const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    for (std::size_t at = 0; at < text.size(); at += manifest.piece_size) {
      std::vector<std::byte> digest(config::digest_bytes(manifest.piece_hash));
      digest_of(
          manifest.piece_hash,
          std::as_bytes(std::span(text)).subspan(at, std::min<std::size_t>(manifest.piece_size, text.size() - at)),
          digest);
      manifest.digests.insert(manifest.digests.end(), digest.begin(), digest.end());
    }
  std::string text = config::manifest_text(manifest);
  const ContentId id = sha256(std::as_bytes(std::span(text)));
  return std::make_shared<const KnownManifest>(KnownManifest{std::move(manifest), std::move(text), id});
}

inline ManifestPtr known_file(const std::string& name, const std::string& text, std::uint32_t mode = 0644,
                              config::PieceHash hash = config::PieceHash::sha256) {
  return known(
      {.piece_size = 4, .piece_hash = hash, .files = {{name, text.size(), mode}}, .folders = {}, .digests = {}},
      {text});
}

inline ManifestPtr known_folder(const std::map<std::string, std::string>& files,
                                std::vector<std::string> folders = {}) {
  config::Manifest manifest{.folder = true, .piece_size = 4, .files = {}, .folders = std::move(folders), .digests = {}};
  std::vector<std::string> texts;
  for (const auto& [path, text] : files) {
    manifest.files.push_back({path, text.size(), 0644});
    texts.push_back(text);
  }
  return known(std::move(manifest), texts);
}

}  // namespace p2p::test
