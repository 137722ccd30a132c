#include "peer/commands/manifest_command.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/commands/usage.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/content/source.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/replace_file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

/// A manifest inside what it describes would be part of the content that it describes.
void check_output(const ManifestOptions& options) {
  const fs::path output = fs::weakly_canonical(options.output);
  if (fs::is_directory(output))
    throw ExitError(ExitCode::usage, options.output.string() + " is a directory, expected a file's name behind -o");
  for (const fs::path& path : options.paths) {
    const fs::path content = fs::weakly_canonical(path);
    const auto [in_content, in_output] = std::ranges::mismatch(content, output);
    if (in_content == content.end())
      throw ExitError(
          ExitCode::usage,
          options.output.string() + " would be inside of what is hashed, expected a place outside of " + path.string());
  }
}

std::uint64_t pieces_of(const Source& source, std::uint32_t piece_size) {
  std::uint64_t pieces = 0;
  for (const SourceFile& file : source.files) pieces += config::pieces_of_file(file.entry.size, piece_size);
  return pieces;
}

/// The smallest power of two that makes at most `most` pieces; none when there is none.
std::optional<std::uint32_t> piece_size_for(const Source& source, std::uint64_t most) {
  for (std::uint32_t size = 1; size <= config::Manifest::kMaxPieceSize; size *= 2)
    if (pieces_of(source, size) <= most) return size;
  return std::nullopt;
}

void check_piece_count(const Source& source, std::uint32_t piece_size, config::PieceHash hash) {
  const std::uint64_t pieces = pieces_of(source, piece_size);
  const std::uint64_t line = 2 * config::digest_bytes(hash) + 4;
  const std::uint64_t most =
      std::min<std::uint64_t>(config::Manifest::kMaxPieces, config::Manifest::kMaxTextBytes / line);
  if (pieces <= most) return;
  const auto fits = piece_size_for(source, most);
  const std::string remedy =
      fits ? "expected --piece-size " + std::to_string(*fits) + " or more" : "expected fewer files, or less in them";
  throw ExitError(ExitCode::usage, "pieces of " + std::to_string(piece_size) + " bytes would be " +
                                       std::to_string(pieces) + " pieces, but at most " + std::to_string(most) +
                                       " are possible; " + remedy);
}

const fs::path& file_of_piece(const Source& source, std::uint32_t piece_size, std::uint64_t piece) {
  auto file = source.files.begin();
  for (std::uint64_t in_file = 0; piece >= (in_file = config::pieces_of_file(file->entry.size, piece_size)); ++file)
    piece -= in_file;
  return file->path;
}

config::Manifest hashed(const Source& source, const ManifestOptions& options) {
  config::Manifest manifest{.folder = source.folder,
                            .piece_size = options.piece_size.value_or(usual_piece_size(source.total_size())),
                            .piece_hash = options.piece_hash,
                            .files = {},
                            .folders = source.folders,
                            .digests = {}};
  check_piece_count(source, manifest.piece_size, manifest.piece_hash);
  std::vector<FileToHash> files;
  for (const SourceFile& file : source.files) {
    manifest.files.push_back(file.entry);
    files.push_back({file.path, file.entry.size});
  }
  HashedPieces pieces = hash_files(files, {manifest.piece_size, manifest.piece_hash, options.jobs, options.progress});
  check_unchanged(source);
  // Files that the kernel makes up when they are read have a size that means nothing, and never change it.
  if (!pieces.cut_short.empty())
    throw ExitError(ExitCode::io,
                    config::printable(file_of_piece(source, manifest.piece_size, pieces.cut_short[0]).native()) +
                        ": is shorter than its size says");
  manifest.digests = std::move(pieces.digests);
  return manifest;
}

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

constexpr ExitMeaning kManifestExits[] = {
    {ExitCode::complete, "done"},       {ExitCode::interrupted, "interrupted"},
    {ExitCode::disk_full, "disk full"}, {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
};

}  // namespace

const Subcommand kManifestCommand{
    .name = "manifest",
    .help = "  manifest PATH... -o FILE    Hash files or a folder, write their manifest, print its content id\n",
    .example =
        "  peerProcess manifest models -o m.json       Hash files or a folder, write their manifest, print its content "
        "id\n",
    .run = parse_and_run<parse_manifest, make_manifest>};

std::variant<ManifestOptions, ExitCode> parse_manifest(int argc, const char* const* argv) {
  ManifestOptions options;
  std::string piece_size = "auto";
  CLI::App app{"Hashes files and writes their manifest; prints its content id, the SHA-256 of its bytes",
               "peerProcess manifest"};
  app.footer(
      "\nOne regular file is a content of that file. One directory is a folder with all that is in it. Several paths "
      "are\n"
      "a folder that holds each under its name. Symbolic links and special files in a directory are an error.");
  app.add_option("PATH", options.paths, "Files and directories")->required();
  app.add_option("-o,--output", options.output, "The manifest's file, outside of what is hashed")->required();
  const auto is_piece_size = [](const std::string& word) {
    return word == "auto" || parse_piece_size(word)
               ? std::string()
               : "expected auto or bytes from 1 to 64MiB, such as 262144 or 256KiB";
  };
  app.add_option(
         "--piece-size", piece_size,
         "Bytes of a piece, such as 262144, 256KiB or 1MiB; auto: about 1,000 to 2,000 pieces of 256KiB to 16MiB")
      ->check(CLI::Validator(is_piece_size, "auto or BYTES"))
      ->capture_default_str();
  add_choice(app, "--piece-hash", "sha256, safe against liars, or xxh3, faster and only against accidents",
             options.piece_hash, {{"sha256", config::PieceHash::sha256}, {"xxh3", config::PieceHash::xxh3}});
  add_jobs_option(app, options.jobs, "Threads that read and hash");
  add_progress_option(app, options.progress);
  app.add_flag("--json", options.json, "Print a JSON object");
  if (const auto code = parse_words(app, words_from(2, argc, argv), kManifestExits)) return *code;
  if (piece_size != "auto") options.piece_size = parse_piece_size(piece_size);
  return options;
}

ExitCode make_manifest(const ManifestOptions& options, std::ostream& out) {
  const Source source = find_source(options.paths);
  check_output(options);
  const config::Manifest manifest = hashed(source, options);
  const std::string text = config::manifest_text(manifest);
  if (text.size() > config::Manifest::kMaxTextBytes)
    throw ExitError(ExitCode::usage, "the manifest would have " + std::to_string(text.size()) +
                                         " bytes, expected at most " + std::to_string(config::Manifest::kMaxTextBytes) +
                                         "; a larger --piece-size makes it smaller");
  replace_file(options.output, text);

  const std::string content_id = config::to_hex(sha256(std::as_bytes(std::span(text))));
  if (!options.json) {
    out << content_id << '\n';
    return ExitCode::complete;
  }
  const nlohmann::ordered_json summary{{"content_id", content_id},          {"files", manifest.files.size()},
                                       {"pieces", manifest.piece_count()},  {"size", manifest.total_size()},
                                       {"piece_size", manifest.piece_size}, {"manifest", options.output.string()}};
  out << summary.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  return ExitCode::complete;
}

}  // namespace p2p
