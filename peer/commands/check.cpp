#include "peer/commands/check.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "peer/commands/listed_keys.hpp"
#include "peer/report/event_log.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {
namespace {

void print_warnings(const Setup& setup, std::uint32_t pieces, std::ostream& out) {
  constexpr std::uint32_t kManyPieces = 65'536;
  if (pieces > kManyPieces)
    out << "warning: " << pieces << " pieces; each is announced to each neighbor, so more than " << kManyPieces
        << " cost much; a larger PieceSize would do\n";
  if (std::ranges::none_of(setup.peers, &config::PeerLine::has_file))
    out << "warning: no peer starts with the file, so nobody can complete unless one has it from an earlier run\n";
  if (setup.common.preferred_neighbors == 0)
    out << "warning: NumberOfPreferredNeighbors is 0: each peer serves one neighbor at a time, the optimistic one\n";
  if (setup.common.optimistic_interval_s < setup.common.unchoking_interval_s)
    out << "warning: OptimisticUnchokingInterval is shorter than UnchokingInterval: a neighbor has no time to prove "
           "itself\n";
}

void print_unknown_names(const Setup& setup, const std::vector<PeerId>& neighbors, const NameCheck& unresolved,
                         std::ostream& out) {
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
      out << "warning: cannot resolve " << peer->host << ", the host of peer " << peer->id
          << ": from this machine it cannot be dialled\n";
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1'000, kMega = 1'000'000, kGiga = 1'000'000'000;
  if (bytes >= kGiga) return std::to_string((bytes + kGiga / 2) / kGiga) + " GB";
  if (bytes >= kMega) return std::to_string((bytes + kMega / 2) / kMega) + " MB";
  return std::to_string((bytes + kKilo - 1) / kKilo) + " kB";
}

/// Prints what a run takes beside the content, from this start to the end of the swarm.
void print_needs(const Setup& setup, const Geometry& geometry, bool has_all, std::ostream& out) {
  // As measured. A process; its buffers; what it keeps of a piece; what it keeps of a neighbor, and of a neighbor's
  // piece.
  constexpr std::uint64_t kProcess = 12'000'000, kMostBuffers = 64u << 20, kPiece = 50, kPieceOfSeed = 20,
                          kNeighbor = 256 * 1024;
  constexpr std::size_t kTime = sizeof "2026-01-31 12:00:00.000: \n" - 1;
  const std::uint64_t pieces = geometry.piece_count();
  const auto neighbors = setup.neighbors();
  const std::uint64_t others = neighbors.size() - 1;
  const std::uint64_t buffers =
      has_all ? 0 : std::min({kMostBuffers, geometry.total_size(), (others + 1) * geometry.largest_size()});
  const std::uint64_t memory =
      kProcess + buffers + pieces * (has_all ? kPieceOfSeed : kPiece) + others * (kNeighbor + pieces / 4);

  // Nearly all lines tell of pieces: one for each that comes, and one for each that a neighbor gets.
  const PeerId self{setup.self().id};
  const PieceIndex last{geometry.piece_count() - 1};
  const auto line = [&](const Event& event) { return kTime + course_line(self, event)->size(); };
  std::uint64_t log = has_all ? 0 : pieces * line(PieceStored{last, self, geometry.piece_count()});
  for (const config::PeerLine& peer : setup.peers)
    if (!peer.has_file && peer.id != self.value && std::ranges::find(neighbors, PeerId{peer.id}) != neighbors.end())
      log += pieces * line(HaveReceived{PeerId{peer.id}, last});
  out << "needs about " << size_text(memory) << " of memory; the log grows to about " << size_text(log) << '\n';
}

/// Says what is exchanged and returns what the folder has of it.
FolderState print_content(const Setup& setup, const Content& content, std::ostream& out) {
  const Geometry& geometry = content.layout.geometry();
  const std::uint32_t last = geometry.size_of(PieceIndex{geometry.piece_count() - 1});
  out << (content.layout.is_folder() ? "folder " : "file ") << setup.common.file_name << ", " << geometry.total_size()
      << " bytes in " << geometry.piece_count() << " pieces of " << geometry.piece_size() << " bytes, the last of "
      << last << "; bitfield of " << geometry.bitfield_bytes() << " bytes\n";
  if (content.layout.is_folder())
    out << "the folder has " << content.layout.files().size() << " files, each with pieces of its own\n";
  return inspect_folder(content);
}

const char* describe(std::optional<FolderState> state, bool must_have) {
  if (state == FolderState::complete) return "has the complete file";
  if (state == FolderState::wrong)
    return "the file is there and differs from the manifest; the pieces that match are kept, the others are fetched";
  return must_have ? "the file is missing" : "the file is missing and will be fetched";
}

}  // namespace

void check(const Setup& setup, std::ostream& out, const NameCheck& unresolved) {
  out << "peer " << setup.self().id << " of " << setup.peers.size() << ", listening on port " << setup.self().port
      << '\n';
  const auto& id = setup.common.manifest;
  ManifestPtr manifest = id ? find_manifest(setup.folder, *id) : nullptr;
  const bool known = !id || manifest;
  std::optional<Content> content;
  if (known) content = setup.content(std::move(manifest));
  const auto state = content ? std::optional(print_content(setup, *content, out)) : std::nullopt;
  const bool has_all = state == FolderState::complete;
  if (!known) out << "the manifest is not in " << setup.folder.string() << " and will be fetched from another peer\n";
  out << "serves " << setup.common.preferred_neighbors << " preferred neighbors, chosen every "
      << setup.common.unchoking_interval_s << " s, and 1 optimistic, chosen every "
      << setup.common.optimistic_interval_s << " s\n";
  if (content) print_needs(setup, content->layout.geometry(), has_all, out);
  // A seed must have the file; with a manifest also one that is not all right is of use.
  const bool must_have = setup.self().has_file && known;
  out << "folder " << setup.folder.string() << ": " << describe(state, must_have) << '\n';

  // Throws where ours is missing or another.
  if (const auto keys = listed_keys(setup.peers, setup.self_index, setup.directory))
    out << "every connection is sealed, and every peer proves its key\n";
  if (setup.self_index == 0) out << "dials nobody at first: it is the first line; later lines dial it\n";
  const std::vector<PeerId> neighbors = setup.neighbors();
  for (std::size_t i = 0; i < setup.self_index; ++i)
    if (std::ranges::find(neighbors, PeerId{setup.peers[i].id}) != neighbors.end())
      out << "dials peer " << setup.peers[i].id << " at " << setup.peers[i].host << " port " << setup.peers[i].port
          << '\n';
  print_unknown_names(setup, neighbors, unresolved, out);
  print_warnings(setup, content ? content->layout.geometry().piece_count() : 0, out);
  if (must_have && state == FolderState::missing) throw seed_without_file(setup);
}

}  // namespace p2p
