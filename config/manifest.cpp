#include "config/manifest.hpp"

#include <nlohmann/json.hpp>
#include <numeric>

#include "config/hex.hpp"

namespace p2p::config {
namespace {

std::string json_string(const std::string& text) { return nlohmann::json(text).dump(); }

std::string octal_mode(std::uint32_t mode) {
  std::string digits = "0000";
  for (std::size_t i = 3; i > 0; --i, mode >>= 3) digits[i] = static_cast<char>('0' + (mode & 7));
  return digits;
}

}  // namespace

std::size_t digest_bytes(PieceHash hash) { return hash == PieceHash::sha256 ? 32 : 16; }

std::string_view name_of(PieceHash hash) { return hash == PieceHash::sha256 ? "sha256" : "xxh3"; }

std::uint64_t Manifest::total_size() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ManifestFile& file) { return sum + file.size; });
}

std::span<const std::byte> Manifest::digest(std::uint32_t piece) const {
  const std::size_t bytes = digest_bytes(piece_hash);
  return std::span(digests).subspan(piece * bytes, bytes);
}

std::uint64_t pieces_of_file(std::uint64_t size, std::uint32_t piece_size) {
  return size == 0 ? 0 : (size - 1) / piece_size + 1;
}

std::string file_name_fault(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return "is in a folder";
  if (name.ends_with(".part")) return "ends with .part, which marks unfinished files";
  return {};
}

std::string manifest_text(const Manifest& manifest) {
  std::string text = "{\n  \"peerProcess_manifest\": 1,\n  \"kind\": \"";
  text += manifest.folder ? "folder" : "file";
  text += "\",\n  \"piece_size\": " + std::to_string(manifest.piece_size) + ",\n  \"piece_hash\": \"" +
          std::string(name_of(manifest.piece_hash)) + "\",\n";
  if (!manifest.folders.empty()) {
    text += "  \"folders\": [";
    for (const std::string& folder : manifest.folders)
      text += (&folder == &manifest.folders.front() ? "\n    " : ",\n    ") + json_string(folder);
    text += "\n  ],\n";
  }
  text += "  \"files\": [";
  std::uint32_t piece = 0;
  for (const ManifestFile& file : manifest.files) {
    text += &file == &manifest.files.front() ? "\n    {" : ",\n    {";
    text += "\"path\": " + json_string(file.path) + ", \"size\": " + std::to_string(file.size) + ", \"mode\": \"" +
            octal_mode(file.mode) + "\", \"pieces\": [";
    for (std::uint64_t left = pieces_of_file(file.size, manifest.piece_size); left > 0; --left, ++piece) {
      text += '"' + to_hex(manifest.digest(piece));
      text += left > 1 ? "\", " : "\"";
    }
    text += "]}";
  }
  return text + "\n  ]\n}\n";
}

}  // namespace p2p::config
