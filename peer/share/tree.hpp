// A shared folder as one content: how it looks as a whole, and its manifest (`share --as`).
//
// The library treats it as one file that has the name it is offered under: it settles, is hashed, offered and withdrawn
// as any file is (library_plan.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "peer/share/seen_file.hpp"

namespace p2p {

/// The scan with one file in the place of all: of their bytes together, changed when one of them was last, and with the
/// digest of how each of them looks as its inode. Nothing when no file has bytes: then a sentence says so.
FolderScan as_one(const FolderScan& scan, const std::string& name);

/// Hashes what `look` finds below `root` with `jobs` threads, if that is `whole`, into the manifest of a folder.
/// `stop` ends it soon; `hashed_bytes` counts up. Any thread; throws nothing.
HashedFile hash_tree(const std::filesystem::path& root, const SeenFile& whole, const std::function<FolderScan()>& look,
                     unsigned jobs, const std::atomic<bool>& stop, std::atomic<std::uint64_t>& hashed_bytes);

}  // namespace p2p
