// The files that a manifest is to describe, as they lie on disk.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/manifest.hpp"

namespace p2p {

struct SourceFile {
  config::ManifestFile entry;  ///< As it will stand in the manifest.
  std::filesystem::path path;  ///< Where it is.
  timespec changed;            ///< Time of the last modification when it was seen,
  ino_t inode;                 ///< and which file it was.
};

/// One content on disk, in a manifest's order.
struct Source {
  bool folder = false;
  std::vector<SourceFile> files;
  std::vector<std::string> folders;  ///< Those with nothing in them.

  std::uint64_t total_size() const;
};

/// Looks at what the user named. One regular file is a content of that file; one directory is a folder with its tree;
/// several paths are a folder that holds each under its base name. A path of the user's own may be a symbolic link;
/// inside a directory, our own files (peer/storage/scratch.hpp) are left out, and whatever is neither a regular file
/// nor a directory is an error. Throws ExitError: usage for paths that cannot be together, io for what cannot be read
/// or put in a manifest.
Source find_source(const std::vector<std::filesystem::path>& paths);

/// Throws ExitError (io) when a file's size, modification time or inode is no longer what find_source() saw.
void check_unchanged(const Source& source);

}  // namespace p2p
