// The digests of a content's pieces, where they become known one by one (docs/HTTP.md, "An upstream"). Any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/storage/content.hpp"
#include "peer/storage/digest.hpp"
#include "protocol/ids.hpp"

namespace p2p {

class LearnedDigests {
 public:
  explicit LearnedDigests(std::uint32_t pieces) : digests_(pieces) {}

  /// The latest counts.
  void learn(PieceIndex piece, const Sha256Digest& sha256) {
    const std::lock_guard lock(mutex_);
    digests_[piece.value] = sha256;
  }

  /// Whether the bytes are the piece's; false while it is not known.
  bool matches(PieceIndex piece, std::span<const std::byte> bytes) const {
    std::optional<Sha256Digest> right;
    {
      const std::lock_guard lock(mutex_);
      right = digests_[piece.value];
    }
    return right && sha256(bytes) == *right;
  }

  /// By piece. Precondition: all are known.
  std::vector<Sha256Digest> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Sha256Digest> all;
    for (const auto& digest : digests_) all.push_back(*digest);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::optional<Sha256Digest>> digests_;
};

/// A file of this size, to be at `root`, whose pieces are known by these digests. `known`: says how it is cut, and its
/// id; its own digests are not looked at.
inline Content learned_content(const std::filesystem::path& root, const ManifestPtr& known,
                               std::shared_ptr<const LearnedDigests> digests) {
  Content content = content_of(root, known);
  content.matches = [digests = std::move(digests)](PieceIndex piece, std::span<const std::byte> bytes) {
    return digests->matches(piece, bytes);
  };
  return content;
}

}  // namespace p2p
