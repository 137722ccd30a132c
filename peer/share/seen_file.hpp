// The results of looking at a folder and of hashing its files, as values: they pass between the threads that look and
// hash and the plan that decides (library_plan.hpp).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "peer/storage/content.hpp"

namespace p2p {

/// How a file looks at a moment. Two that are equal are the same bytes, as far as anybody can tell without reading
/// them.
struct SeenFile {
  std::string name;             ///< Its path below the folder, parts separated by `/`: what others call it.
  std::uint64_t size = 0;       ///< Bytes.
  std::int64_t changed_ns = 0;  ///< Time of the last modification, nanoseconds since 1970.
  std::uint64_t inode = 0;
  bool executable = false;  ///< By its owner.

  friend auto operator<=>(const SeenFile&, const SeenFile&) = default;
};

/// How many things were left out on purpose, by reason. A folder that is left out counts as one thing.
struct LeftOut {
  std::size_t hidden = 0;
  std::size_t unreadable = 0;
  std::size_t links = 0;
  std::size_t special = 0;  ///< Pipes, sockets, devices.

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// The result of a look at a folder.
struct FolderScan {
  std::vector<SeenFile> files = {};
  std::vector<std::string> folders = {};  ///< That were entered: only a tree as a whole has them.
  std::set<std::string> refused = {};     ///< Sentences about what cannot be offered.
  LeftOut left_out = {};
};

/// The result of hashing a file.
struct HashedFile {
  enum class Result {
    hashed,
    busy,    ///< Somebody has it open for writing, or has changed it meanwhile.
    failed,  ///< Cannot be read; `text` says why.
  };
  SeenFile file;
  Result result = Result::failed;
  ContentId id{};
  std::string text{};  ///< The manifest.
  std::optional<ContentId>
      digest{};  ///< The SHA-256 of a file of at most one piece, from which its manifest follows: `text` is empty then.
};

}  // namespace p2p
