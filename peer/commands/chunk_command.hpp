// peerProcess chunks: a peer whose folder holds chunk files and their list (docs/CHUNKS.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/run_options.hpp"
#include "peer/storage/chunk_store.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

struct ChunkOptions {
  RunOptions run{};  ///< peer_id is not used; directory: where Common.cfg may be, and the log goes.
  std::filesystem::path folder;
  std::filesystem::path peers;             ///< Empty: PeerInfo.cfg in the directory.
  std::uint16_t port = 0;                  ///< Our line's.
  std::optional<std::uint32_t> peer_id{};  ///< Where several lines have that port.
  std::string name{};                      ///< In what we print; empty: "peer ID".
  std::optional<std::uint32_t> quorum{};   ///< Goes before TrustQuorum.
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<ChunkOptions, ExitCode> parse_chunks(int argc, const char* const* argv);

/// Both configuration files, as far as they are there, and our place in them.
struct ChunkSetup {
  config::CommonCfg common;
  std::vector<config::PeerLine> peers;
  std::size_t self_index;
  std::uint32_t quorum;

  const config::PeerLine& self() const { return peers[self_index]; }
  SwarmConfig swarm_config(const ChunkStore& store, std::uint32_t max_pipeline) const;
};

/// Throws ConfigError and ExitError (bad_configuration).
ChunkSetup load_chunk_setup(const ChunkOptions& options);

/// Runs a peer, or with RunOptions::check says on `out` what it would do; as run_classic().
ExitCode run_chunks(const ChunkOptions& options, std::ostream& out);

extern const Subcommand kChunksCommand;

}  // namespace p2p
