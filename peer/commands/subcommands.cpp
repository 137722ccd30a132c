#include "peer/commands/subcommands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "config/text.hpp"
#include "peer/commands/get_command.hpp"
#include "peer/commands/ls_command.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/storage/file.hpp"
#include "peer/commands/usage.hpp"

namespace p2p {

const char* const kSubcommandHelp = R"(
Subcommands:
  manifest PATH... -o FILE    Hash files or a folder, write their manifest, print its content id
  verify MANIFEST DIR         Compare files with their manifest
  chunks --folder DIR ...     Exchange a folder of chunk files
  share --folder DIR          Offer every file of a folder to whoever asks for it by name
  share CLUSTER               The same for a folder with a cluster file
  ls                          List what is shared
  get NAME                    Fetch a shared file from all who have it
  See peerProcess manifest --help, and so on.
)";

namespace {

const std::vector<std::string_view> kCommands = {"share", "ls", "get", "manifest", "verify", "chunks"};

constexpr const char* kOverview = R"(peerProcess exchanges files without a tracker. Expected a command or a peer's ID; one example each:

  peerProcess share --folder models           Offer every file of a folder to whoever asks for it by name
  peerProcess ls                              List what is shared
  peerProcess get big.bin --join HOST:5000    Fetch a shared file from all who have it
  peerProcess manifest models -o m.json       Hash files or a folder, write their manifest, print its content id
  peerProcess verify m.json models            Compare files with their manifest
  peerProcess chunks --folder data --transfer_port 5001
                                              Exchange a folder of chunk files with the peers of PeerInfo.cfg
  peerProcess 1001                            Exchange the file of Common.cfg with the peers of PeerInfo.cfg

peerProcess --help has the options of the last one, peerProcess share --help those of share, and so on.
)";

/// Bytes, also as 256KiB or 1MiB.
std::optional<std::uint32_t> parse_piece_size(std::string_view word) {
  std::uint64_t unit = 1;
  for (const auto& [suffix, bytes] : {std::pair<std::string_view, std::uint64_t>{"KiB", 1u << 10}, {"MiB", 1u << 20}})
    if (word.ends_with(suffix)) {
      word.remove_suffix(suffix.size());
      unit = bytes;
      break;
    }
  const auto count = config::parse_integer(word, 1, config::Manifest::kMaxPieceSize / unit);
  if (!count) return std::nullopt;
  return static_cast<std::uint32_t>(*count * unit);
}

void add_common_options(CLI::App& app, unsigned& jobs, ProgressMode& progress, bool& json) {
  jobs = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--jobs", jobs, "Threads that read and hash; by default as many as the machine has")->check(CLI::Range(1u, 1024u).description("1 to 1024"));
  add_progress_option(app, progress);
  app.add_flag("--json", json, "Print a JSON object");
}

Subcommand parse_manifest_command(int argc, const char* const* argv) {
  ManifestOptions options;
  std::string piece_size = "auto";
  CLI::App app{"Hashes files and writes their manifest; prints its content id, the SHA-256 of its bytes", "peerProcess manifest"};
  app.footer("\nOne regular file is a content of that file. One directory is a folder with all that is in it. Several paths are\n"
             "a folder that holds each under its name. Symbolic links and special files in a directory are an error.\n"
             "Exit codes: 0 done, 7 interrupted, 9 disk full, 17 input or output error, 28 usage.");
  app.add_option("PATH", options.paths, "Files and directories")->required();
  app.add_option("-o,--output", options.output, "The manifest's file, outside of what is hashed")->required();
  const auto is_piece_size = [](const std::string& word) {
    return word == "auto" || parse_piece_size(word) ? std::string() : "expected auto or bytes from 1 to 64MiB, such as 262144 or 256KiB";
  };
  app.add_option("--piece-size", piece_size, "Bytes of a piece, such as 262144, 256KiB or 1MiB; auto: about 1,000 to 2,000 pieces of 256KiB to 16MiB")
      ->check(CLI::Validator(is_piece_size, "auto or BYTES"))
      ->capture_default_str();
  add_choice(app, "--piece-hash", "sha256, safe against liars, or xxh3, faster and only against accidents", options.piece_hash,
             {{"sha256", config::PieceHash::sha256}, {"xxh3", config::PieceHash::xxh3}});
  add_common_options(app, options.jobs, options.progress, options.json);
  if (const auto code = parse_words(app, words_from(2, argc, argv))) return *code;
  if (piece_size != "auto") options.piece_size = parse_piece_size(piece_size);
  return options;
}

Subcommand parse_verify_command(int argc, const char* const* argv) {
  VerifyOptions options;
  CLI::App app{"Compares files with their manifest; names each that is missing, of another size or has bad pieces", "peerProcess verify"};
  app.footer("\nExit codes: 0 all is as it should be, 32 something is not, 7 interrupted, 17 input or output error, 28 usage,\n64 bad manifest.");
  app.add_option("MANIFEST", options.manifest, "The manifest's file")->required();
  app.add_option("DIR", options.content, "The content's folder; for a content of one file the folder that it is in, or the file")->required();
  add_common_options(app, options.jobs, options.progress, options.json);
  if (const auto code = parse_words(app, words_from(2, argc, argv))) return *code;
  return options;
}

/// -folder and the like, which other programs of this kind take, as --folder.
std::vector<std::string> with_double_dashes(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view name = word.substr(0, word.find('='));
    const bool is_long = name.size() > 2 && name[0] == '-' && name[1] != '-' && app.get_option_no_throw("-" + std::string(name)) != nullptr;
    words.push_back((is_long ? "-" : "") + std::string(word));
  }
  return words;
}

Subcommand parse_chunks_command(int argc, const char* const* argv) {
  ChunkOptions options;
  CLI::App app{"Exchanges the chunk files of a folder with the peers of PeerInfo.cfg; what is missing comes from whoever has it", "peerProcess chunks"};
  app.footer("\nThe folder has the list local_chunks.txt: an index and a file name a line, the total number of chunks at the end:\n"
             "  1,chunk_1\n  3,chunk_3\n  4,LASTCHUNK\n"
             "Our line in PeerInfo.cfg is the one with our port; its last column does not matter. Options may begin with a single dash.\n"
             "Exit codes are those of peerProcess ID.");
  app.add_option("--folder", options.folder, "The chunk files and local_chunks.txt")->required()->check(CLI::ExistingDirectory);
  app.add_option("--transfer_port", options.port, "The port of our line in PeerInfo.cfg")->required()->check(CLI::Range(1u, 65'535u).description("1 to 65535"));
  app.add_option("--name", options.name, "What this peer is called in its messages; by default peer ID");
  app.add_option("--peers", options.peers, "The list of peers (default: PeerInfo.cfg in the directory)")->check(CLI::ExistingFile);
  app.add_option("--id", options.peer_id, "Which peer this is, where several lines have the port")
      ->check(CLI::Range(0u, 0x7fffffffu).description("0 to 2147483647"));
  app.add_option("--quorum", options.quorum, "How many original holders must agree on a chunk (default: TrustQuorum in Common.cfg, else 1)")
      ->check(CLI::Range(1u, 65'535u).description("1 to 65535"));
  app.add_option("--dir", options.run.directory, "Directory of the log, and of Common.cfg and PeerInfo.cfg where they are there")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  add_run_options(app, options.run);
  if (const auto code = parse_words(app, with_double_dashes(app, argc, argv), [&] { check_run_options(options.run); })) return *code;
  return options;
}

ExitCode run(const ChunkOptions& options) { return run_chunks(options); }

ExitCode run(const ManifestOptions& options) {
  make_manifest(options, std::cout);
  return ExitCode::complete;
}

ExitCode run(const VerifyOptions& options) { return verify_content(options, std::cout); }

ExitCode run(const ShareOptions& options) { return share_folder(options, std::cout); }

ExitCode run(const LsOptions& options) { return list_shared(options, std::cout); }

ExitCode run(const GetOptions& options) { return get_shared(options, std::cout); }

ExitCode run(ExitCode code) { return code; }

/// What was parsed, or the code to exit with.
template <class Options>
Subcommand either(std::variant<Options, ExitCode> parsed) {
  return std::visit([](auto&& each) { return Subcommand(std::move(each)); }, std::move(parsed));
}

}  // namespace

std::optional<Subcommand> parse_subcommand(int argc, const char* const* argv) {
  if (argc < 2) {
    std::cerr << kOverview;
    return ExitCode::usage;
  }
  const std::string_view first = argv[1];
  if (first == "manifest") return parse_manifest_command(argc, argv);
  if (first == "verify") return parse_verify_command(argc, argv);
  if (first == "chunks") return parse_chunks_command(argc, argv);
  if (first == "share") return either(parse_share(argc, argv));
  if (first == "ls") return either(parse_ls(argc, argv));
  if (first == "get") return either(parse_get(argc, argv));
  const bool is_classic = first.starts_with('-') || (!first.empty() && first[0] >= '0' && first[0] <= '9');
  if (is_classic) return std::nullopt;
  const std::string hint = suggestion(first, kCommands);
  std::cerr << "unknown command " << config::in_quotes(first) << (hint.empty() ? "; expected a peer's ID, " + listed(kCommands) : hint)
            << "\nRun with --help for more information.\n";
  return ExitCode::usage;
}

ExitCode run_subcommand(const Subcommand& subcommand) {
  try {
    const ExitCode code = std::visit([](const auto& options) { return run(options); }, subcommand);
    if (!std::cout.flush()) throw ExitError(ExitCode::io, "write to stdout failed");
    return code;
  } catch (const std::system_error& error) {
    throw ExitError(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io, config::printable(error.what()));
  }
}

}  // namespace p2p
