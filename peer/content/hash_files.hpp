// Digests of the pieces of files on disk, by several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "config/manifest.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

struct FileToHash {
  std::filesystem::path path;
  std::uint64_t size;  ///< Bytes that are expected there.
};

struct HashOptions {
  std::uint32_t piece_size;
  config::PieceHash piece_hash;
  unsigned jobs;  ///< Threads, at least 1.
  ProgressMode progress;
  const std::atomic<bool>* stop =
      nullptr;  ///< Ends it as a signal does, in the place of signals: for a thread of a daemon.
  std::atomic<std::uint64_t>* hashed_bytes = nullptr;  ///< Counts up while it runs, where it is given.
};

struct HashedPieces {
  std::vector<std::byte> digests;  ///< One a piece, back to back, in the pieces' order (config::Manifest).
  std::vector<std::uint32_t>
      cut_short;  ///< Ascending: pieces that their file was too short for. Their digests say nothing.
};

/// Cuts `files` into pieces as a manifest does and reads each once. Shows progress while it runs. SIGINT and SIGTERM
/// end it. Memory: the digests and 256 KiB a thread, whatever the piece size.
/// Precondition: at most 2^31 - 1 pieces.
/// Throws std::system_error for a file that cannot be read, ExitError (interrupted) after a signal or a stop.
HashedPieces hash_files(std::span<const FileToHash> files, const HashOptions& options);

/// The power of two from 256 KiB to 16 MiB that makes about 1,000 to 2,000 pieces of so many bytes: few enough that
/// their announcements cost nothing, enough that many peers can serve each other from the start.
std::uint32_t usual_piece_size(std::uint64_t total_size);

}  // namespace p2p
