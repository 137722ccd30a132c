#include "peer/commands/setup.hpp"

#include <algorithm>

#include "peer/commands/listed_swarm.hpp"
#include "peer/commands/read_config.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHint = "; expected Common.cfg and PeerInfo.cfg in the directory (see --dir)";

fs::path folder_of(const fs::path& directory, std::uint32_t id) {
  const fs::path usual = directory / ("peer_" + std::to_string(id));
  const fs::path short_name = directory / std::to_string(id);
  return !fs::exists(usual) && fs::is_directory(short_name) ? short_name : usual;
}

/// Both files are read before either error is told, so that everything can be mended in one go.
std::pair<config::CommonCfg, std::vector<config::PeerLine>> parse_both(const fs::path& directory) {
  const fs::path common_path = directory / "Common.cfg";
  const fs::path peers_path = directory / "PeerInfo.cfg";
  const std::string common_text = read_config(common_path, kHint);
  const std::string peers_text = read_config(peers_path, kHint);
  std::vector<config::Finding> findings;
  std::pair<config::CommonCfg, std::vector<config::PeerLine>> parsed;
  const auto collect = [&](const auto& parse) {
    try {
      parse();
    } catch (const config::ConfigError& error) {
      findings.insert(findings.end(), error.findings().begin(), error.findings().end());
    }
  };
  collect([&] { parsed.first = config::parse_common_cfg(common_text, common_path.string()); });
  collect([&] { parsed.second = config::parse_peer_info(peers_text, peers_path.string()); });
  if (!findings.empty()) throw config::ConfigError(std::move(findings));
  return parsed;
}

}  // namespace

Setup load_setup(const fs::path& directory, std::uint32_t peer_id) {
  auto [common, peers] = parse_both(directory);
  const auto self = std::ranges::find(peers, peer_id, &config::PeerLine::id);
  if (self == peers.end())
    throw ExitError(ExitCode::bad_configuration,
                    (directory / "PeerInfo.cfg").string() + ": peer " + std::to_string(peer_id) +
                        " is not listed; the first line is peer " + std::to_string(peers.front().id) + ", the last " +
                        std::to_string(peers.back().id));
  const auto self_index = static_cast<std::size_t>(self - peers.begin());
  std::optional<Geometry> geometry;
  if (common.file_size && common.piece_size) geometry.emplace(*common.file_size, *common.piece_size);
  return {std::move(common), std::move(peers), self_index, geometry, directory, folder_of(directory, peer_id)};
}

ExitError seed_without_file(const Setup& setup) {
  return {ExitCode::io, (setup.folder / setup.common.file_name).string() +
                            " is missing, and PeerInfo.cfg says that peer " + std::to_string(setup.self().id) +
                            " starts with it"};
}

Content Setup::content(ManifestPtr manifest) const {
  const fs::path root = folder / common.file_name;
  if (!manifest)
    return {.root = root,
            .layout = Layout::of_file(geometry->total_size(), geometry->piece_size()),
            .size_source = "FileSize in Common.cfg"};
  if (!manifest->manifest.has_bytes())
    throw ExitError(ExitCode::bad_configuration,
                    (directory / "Common.cfg").string() +
                        ": the manifest that it names is of an empty file, of which there is nothing to exchange");
  const auto agree = [&](const char* key, std::optional<std::uint64_t> configured, std::uint64_t in_manifest) {
    if (configured && *configured != in_manifest)
      throw ExitError(ExitCode::bad_configuration, (directory / "Common.cfg").string() + ": " + key + " is " +
                                                       std::to_string(*configured) + ", but " +
                                                       std::to_string(in_manifest) + " in the manifest");
  };
  agree("FileSize", common.file_size, manifest->manifest.total_size());
  agree("PieceSize", common.piece_size, manifest->manifest.piece_size);
  return content_of(root, std::move(manifest));
}

std::vector<PeerId> Setup::neighbors() const { return listed_neighbors(common, peers, self_index); }

SwarmConfig Setup::swarm_config(const Content& content, std::uint32_t max_pipeline) const {
  SwarmConfig config = listed_swarm(common, peers, self_index, content.layout.geometry(), max_pipeline);
  if (content.id) config.content = prefix_of(*content.id);
  return config;
}

}  // namespace p2p
