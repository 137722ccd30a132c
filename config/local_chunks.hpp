// local_chunks.txt: which chunks a folder holds, and how many there are (docs/CHUNKS.md).
//
//   1,chunk_1
//   3,chunk_3
//   4,LASTCHUNK
//
// A line is an index, a comma and the name of a file in the same folder; the last line's index is the total. And the
// file that a peer keeps beside it, of what it has received: the same with size and SHA-256 between index and name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"

namespace p2p::config {

/// Each chunk is a file in one folder, and the list is written anew with each.
constexpr std::uint32_t kMostChunks = 100'000;
/// The largest that one message carries; as Geometry::kMaxChunkSize.
constexpr std::uint64_t kLargestChunk = 0xffffffff - 5;

struct LocalChunk {
  std::uint32_t index = 0;  ///< From 1.
  std::string name;         ///< chunk_name_fault() finds nothing.
  std::size_t line = 0;     ///< In the file, from 1; 0 when it was not read from one.
  std::size_t column = 0;   ///< Of the name.
};

struct LocalChunks {
  std::vector<LocalChunk> chunks;  ///< In the file's order; no index and no name twice.
  std::uint32_t total = 0;         ///< 1 to kMostChunks; no index is larger.
};

/// Says what is wrong with the name of a chunk's file, as the end of a sentence about it; empty when it is good: one
/// path component of 1 to 255 bytes, UTF-8, no control characters, no blank at either end, no dot at the beginning, and
/// none of the names that we use ourselves: local_chunks.txt, LASTCHUNK, Common.cfg, PeerInfo.cfg, log_peer_*.log,
/// *.part, *.journal.
std::string chunk_name_fault(std::string_view name);

/// Reads the text of a local_chunks.txt. `file` names it in messages. Blank lines, CRLF, a byte-order mark and a
/// missing final newline are fine. Throws ConfigError with everything that is wrong. Does not look for the files.
LocalChunks parse_local_chunks(std::string_view text, const std::string& file);

/// The text that parse_local_chunks() reads, sorted by index.
std::string print_local_chunks(const LocalChunks& list);

struct ReceivedChunk {
  std::uint32_t index = 0;
  std::uint64_t size = 0;  ///< At most kLargestChunk.
  std::array<std::byte, 32> sha256{};
  std::string name;

  friend bool operator==(const ReceivedChunk&, const ReceivedChunk&) = default;
};

/// Reads the text of a .peerProcess/received: `index,size,SHA-256 in hexadecimal digits,name` a line. No index twice.
/// Throws ConfigError.
std::vector<ReceivedChunk> parse_received_chunks(std::string_view text, const std::string& file);

std::string print_received_chunks(const std::vector<ReceivedChunk>& received);

}  // namespace p2p::config
