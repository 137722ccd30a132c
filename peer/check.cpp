#include "peer/check.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "peer/exit_code.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {
namespace {

void print_warnings(const Setup& setup, std::uint32_t pieces, std::ostream& out) {
  constexpr std::uint32_t kManyPieces = 65'536;
  if (pieces > kManyPieces)
    out << "warning: " << pieces << " pieces; each is announced to each neighbor, so more than " << kManyPieces << " cost much; a larger PieceSize would do\n";
  if (std::ranges::none_of(setup.peers, &config::PeerLine::has_file))
    out << "warning: no peer starts with the file, so nobody can complete unless one has it from an earlier run\n";
  if (setup.common.preferred_neighbors == 0)
    out << "warning: NumberOfPreferredNeighbors is 0: each peer serves one neighbor at a time, the optimistic one\n";
  if (setup.common.optimistic_interval_s < setup.common.unchoking_interval_s)
    out << "warning: OptimisticUnchokingInterval is shorter than UnchokingInterval: a neighbor has no time to prove itself\n";
}

void print_unknown_names(const Setup& setup, const std::vector<PeerId>& neighbors, const NameCheck& unresolved, std::ostream& out) {
  std::vector<const config::PeerLine*> lines;
  std::vector<std::string> hosts;
  for (const config::PeerLine& peer : setup.peers) {
    if (peer.id == setup.self().id || std::ranges::find(neighbors, PeerId{peer.id}) == neighbors.end()) continue;
    lines.push_back(&peer);
    hosts.push_back(peer.host);
  }
  const std::vector<std::string> unknown = unresolved(hosts);
  for (const config::PeerLine* peer : lines)
    if (std::ranges::find(unknown, peer->host) != unknown.end())
      out << "warning: cannot resolve " << peer->host << ", the host of peer " << peer->id << ": from this machine it cannot be dialled\n";
}

/// Says what is exchanged and returns whether the folder has it all.
bool print_content(const Setup& setup, const Content& content, std::ostream& out) {
  const Geometry& geometry = content.layout.geometry();
  const std::uint32_t last = geometry.size_of(PieceIndex{geometry.piece_count() - 1});
  out << (content.layout.is_folder() ? "folder " : "file ") << setup.common.file_name << ", " << geometry.total_size() << " bytes in "
      << geometry.piece_count() << " pieces of " << geometry.piece_size() << " bytes, the last of " << last << "; bitfield of " << geometry.bitfield_bytes()
      << " bytes\n";
  if (content.layout.is_folder()) out << "the folder has " << content.layout.files().size() << " files, each with pieces of its own\n";
  return inspect_folder(content) == FolderState::complete;
}

}  // namespace

void check(const Setup& setup, std::ostream& out, const NameCheck& unresolved) {
  out << "peer " << setup.self().id << " of " << setup.peers.size() << ", listening on port " << setup.self().port << '\n';
  const auto& id = setup.common.manifest;
  ManifestPtr manifest = id ? find_manifest(setup.folder, *id) : nullptr;
  const bool known = !id || manifest;
  std::optional<Content> content;
  if (known) content = setup.content(std::move(manifest));
  const bool has_all = content && print_content(setup, *content, out);
  if (!known) out << "the manifest is not in " << setup.folder.string() << " and will be fetched from another peer\n";
  out << "serves " << setup.common.preferred_neighbors << " preferred neighbors, chosen every " << setup.common.unchoking_interval_s
      << " s, and 1 optimistic, chosen every " << setup.common.optimistic_interval_s << " s\n";
  out << "folder " << setup.folder.string() << (has_all ? ": has the complete file\n" : ": the file is missing and will be fetched\n");

  if (setup.self_index == 0) out << "dials nobody at first: it is the first line; later lines dial it\n";
  const std::vector<PeerId> neighbors = setup.neighbors();
  for (std::size_t i = 0; i < setup.self_index; ++i)
    if (std::ranges::find(neighbors, PeerId{setup.peers[i].id}) != neighbors.end())
      out << "dials peer " << setup.peers[i].id << " at " << setup.peers[i].host << " port " << setup.peers[i].port << '\n';
  print_unknown_names(setup, neighbors, unresolved, out);
  print_warnings(setup, content ? content->layout.geometry().piece_count() : 0, out);
  if (setup.self().has_file && !has_all)
    throw ExitError(ExitCode::io, (setup.folder / setup.common.file_name).string() + " is missing, and PeerInfo.cfg says that peer " +
                                      std::to_string(setup.self().id) + " starts with it");
}

}  // namespace p2p
