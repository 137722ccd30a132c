// What a peer exchanges, as the storage sees it: files, and how to tell a right piece from a wrong one.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "peer/storage/layout.hpp"

namespace p2p {

/// SHA-256 of a manifest.
using ContentId = std::array<std::byte, 32>;

struct Content {
  std::filesystem::path root;  ///< Where the file or folder is when it is complete.
  Layout layout;
  std::optional<ContentId> id = {};
  /// Whether the bytes are the piece's; null without a manifest. Called from several threads at once.
  std::function<bool(PieceIndex, std::span<const std::byte>)> matches = {};
  std::string size_source = {};      ///< What says how large it is, for messages; empty where the manifest does.
  bool matching_takes_long = false;  ///< As much as all else that a piece needs: it belongs on another thread.
};

}  // namespace p2p
