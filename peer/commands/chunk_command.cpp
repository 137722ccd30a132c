#include "peer/commands/chunk_command.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ostream>
#include <string_view>
#include <utility>

#include "peer/commands/listed_keys.hpp"
#include "peer/commands/listed_reload.hpp"
#include "peer/commands/listed_swarm.hpp"
#include "peer/commands/peer_options.hpp"
#include "peer/commands/read_config.hpp"
#include "peer/commands/usage.hpp"
#include "peer/discovery/address.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/listener.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/daemon_loop.hpp"
#include "peer/node/start_watch.hpp"
#include "peer/node/status_service.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/storage/folder_lock.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRule = "one process exchanges the chunks of a folder";

std::string numbers(const std::vector<std::size_t>& lines, const std::vector<config::PeerLine>& peers) {
  std::string text;
  for (const std::size_t line : lines) text += (text.empty() ? "" : ", ") + std::to_string(peers[line].id);
  return text;
}

/// The index of our own line.
std::size_t find_self(const ChunkOptions& options, const std::vector<config::PeerLine>& peers,
                      const std::string& file) {
  std::vector<std::size_t> fits;
  for (std::size_t i = 0; i < peers.size(); ++i)
    if (peers[i].port == options.port && (!options.peer_id || peers[i].id == *options.peer_id)) fits.push_back(i);
  if (fits.size() == 1) return fits.front();
  const std::string port = "port " + std::to_string(options.port);
  if (fits.empty())
    throw ExitError(ExitCode::bad_configuration,
                    file + ": no line has " + port +
                        (options.peer_id ? " and ID " + std::to_string(*options.peer_id) : "") +
                        "; expected our own line with the port of --transfer_port");
  throw ExitError(ExitCode::bad_configuration, file + ": peers " + numbers(fits, peers) + " all have " + port +
                                                   "; say with --id which of them this one is");
}

fs::path peers_file(const ChunkOptions& options) {
  return options.peers.empty() ? options.run.directory / "PeerInfo.cfg" : options.peers;
}

void check_quorum(std::uint32_t quorum, const std::vector<config::PeerLine>& peers, const std::string& file) {
  const std::size_t others = peers.size() - 1;
  if (quorum > std::max<std::size_t>(others, 1))
    throw ExitError(ExitCode::bad_configuration, "the quorum is " + std::to_string(quorum) + ", but " + file +
                                                     " lists only " + std::to_string(others) +
                                                     (others == 1 ? " other peer" : " other peers") +
                                                     ": no chunk could ever be fetched");
}

void print_plan(const ChunkSetup& setup, const ChunkStore& store, const ChunkOptions& options, std::ostream& out) {
  const auto originals = std::ranges::count(store.held(), true, &HeldChunk::original);
  out << "peer " << setup.self().id << " of " << setup.peers.size() << ", listening on port " << setup.self().port
      << '\n'
      << "folder " << options.folder.string() << ": " << store.stored().count() << " of "
      << store.geometry().piece_count() << " chunks, " << store.geometry().total_size() << " bytes; vouches for "
      << originals << " of them, the others were received\n"
      << "fetches a chunk when " << setup.quorum
      << (setup.quorum == 1 ? " original holder vouches" : " original holders agree") << " for it\n"
      << "serves " << setup.common.preferred_neighbors << " preferred neighbors, chosen every "
      << setup.common.unchoking_interval_s << " s, and 1 optimistic, chosen every "
      << setup.common.optimistic_interval_s << " s\n";
}

/// -folder and the like, which other programs of this kind take, as --folder.
std::vector<std::string> with_double_dashes(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view name = word.substr(0, word.find('='));
    const bool is_long = name.size() > 2 && name[0] == '-' && name[1] != '-' &&
                         app.get_option_no_throw("-" + std::string(name)) != nullptr;
    words.push_back((is_long ? "-" : "") + std::string(word));
  }
  return words;
}

}  // namespace

const Subcommand kChunksCommand{.name = "chunks",
                                .help = "  chunks --folder DIR ...     Exchange a folder of chunk files\n",
                                .example =
                                    "  peerProcess chunks --folder data --transfer_port 5001\n"
                                    "                                              Exchange a folder of chunk files "
                                    "with the peers of PeerInfo.cfg\n",
                                .run = parse_and_run<parse_chunks, run_chunks>};

std::variant<ChunkOptions, ExitCode> parse_chunks(int argc, const char* const* argv) {
  ChunkOptions options;
  CLI::App app{
      "Exchanges the chunk files of a folder with the peers of PeerInfo.cfg; what is missing comes from whoever has it",
      "peerProcess chunks"};
  app.footer(
      "\nThe folder has the list local_chunks.txt: an index and a file name a line, the total number of chunks at the "
      "end:\n"
      "  1,chunk_1\n  3,chunk_3\n  4,LASTCHUNK\n"
      "Our line in PeerInfo.cfg is the one with our port; its last column does not matter. Options may begin with a "
      "single dash.");
  app.add_option("--folder", options.folder, "The chunk files and local_chunks.txt")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--transfer_port", options.port, "The port of our line in PeerInfo.cfg")
      ->required()
      ->check(in_range(1, 65'535));
  app.add_option("--name", options.name, "What this peer is called in its messages; by default peer ID");
  app.add_option("--peers", options.peers, "The list of peers (default: PeerInfo.cfg in the directory)")
      ->check(CLI::ExistingFile);
  app.add_option("--id", options.peer_id, "Which peer this is, where several lines have the port")
      ->check(in_range(0, kLargestPeerId));
  app.add_option("--quorum", options.quorum,
                 "How many original holders must agree on a chunk (default: TrustQuorum in Common.cfg, else 1)")
      ->check(in_range(1, 65'535));
  app.add_option("--dir", options.run.directory,
                 "Directory of the log, and of Common.cfg and PeerInfo.cfg where they are there")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  add_run_options(app, options.run);
  if (const auto code =
          parse_words(app, with_double_dashes(app, argc, argv), kRunExits, [&] { check_run_options(options.run); }))
    return *code;
  return options;
}

ChunkSetup load_chunk_setup(const ChunkOptions& options) {
  ChunkSetup setup{};
  const fs::path common_path = options.run.directory / "Common.cfg";
  setup.common = config::parse_chunk_cfg(read_config(common_path, "", ""), common_path.string());
  const fs::path peers_path = peers_file(options);
  setup.peers = config::parse_peer_info(read_config(peers_path, "; expected the list of peers (see --peers)"),
                                        peers_path.string());
  setup.self_index = find_self(options, setup.peers, peers_path.string());
  setup.quorum = options.quorum.value_or(setup.common.trust_quorum.value_or(1));
  check_quorum(setup.quorum, setup.peers, peers_path.string());
  return setup;
}

SwarmConfig ChunkSetup::swarm_config(const ChunkStore& store, std::uint32_t max_pipeline) const {
  SwarmConfig config = listed_swarm(common, peers, self_index, store.geometry(), max_pipeline);
  config.content = chunk_folder_prefix(store.geometry().piece_count());
  config.chunks = ChunkFolder{.quorum = quorum, .held = store.held(), .name_fault = config::chunk_name_fault};
  return config;
}

ExitCode run_chunks(const ChunkOptions& options, std::ostream& out) {
  ChunkSetup setup = load_chunk_setup(options);
  start_diagnostics(options.name.empty() ? "peer " + std::to_string(setup.self().id) : options.name,
                    options.run.log_level);
  if (options.run.check) {
    const FolderLock lock(options.folder,
                          kRule);  // a store mends what a killed process left, and must not do so under a running one
    const ChunkStore store(options.folder, {});
    print_plan(setup, store, options, out);
    return ExitCode::complete;
  }
  asio::io_context io{1};
  asio::use_service<Limits>(io).set(io, options.run.limits);
  Life life(io);
  life.end_at(options.run.deadline());
  seal_listed(io, setup.peers, setup.self_index, options.run.directory);
  Listener listener(io, setup.self().host, setup.self().port);
  StatusService status(io, options.run.status,
                       {.peer = setup.self().id,
                        .mode = "chunks",
                        .address = to_string(Address{setup.self().host, setup.self().port}),
                        .exit_when = word_of(options.run.exit_when),
                        .kind = "chunks"});
  const FolderLock lock(options.folder, kRule);
  ListedDoorway doorway(io, listener,
                        {.self = PeerId{setup.self().id},
                         .peers = most_links(setup.common, setup.peers, setup.self_index),
                         .listed = ids_of(setup.peers),
                         .extended = true,
                         .manifest = {}});
  const fs::path file = peers_file(options);
  ListedReload reload({.file = file,
                       .common = setup.common,
                       .peers = setup.peers,
                       .self_index = setup.self_index,
                       .check = [&](const auto& peers) { check_quorum(setup.quorum, peers, file.string()); }},
                      io, life, doorway);
  life.ready();

  std::optional<StartWatch> starting(std::in_place,
                                     StartWatch::Options{.what = "looking at the chunks in " + options.folder.string(),
                                                         .progress = options.run.progress,
                                                         .deadline = options.run.deadline(),
                                                         .heartbeat = life.service().heartbeat()});
  ChunkStore store(options.folder,
                   {.sync = options.run.sync, .on_scan = starting->noting(scan_progress(options.run.progress))});
  const auto on_event = [&store](const Event& event, Swarm& swarm) {
    const auto* settled = std::get_if<ChunkSettled>(&event);
    if (!settled || store.stored().test(settled->piece)) return;
    if (store.expect(settled->piece, *settled->claim)) swarm.unlock_chunk(settled->piece, now());
  };
  DaemonLoop loop({.peers = setup.peers,
                   .swarm = setup.swarm_config(store, options.run.max_pipeline),
                   .directory = options.run.directory,
                   .words = kChunkWords,
                   .on_event = on_event,
                   .content_name = options.folder.filename().string(),
                   .board = status.board()},
                  options.run, io, life, doorway, store);
  reload.lead_to(loop);
  starting.reset();
  return status.watch([&] { return loop.run(); });
}

}  // namespace p2p
