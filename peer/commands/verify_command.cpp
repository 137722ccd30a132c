#include "peer/commands/verify_command.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/hex.hpp"
#include "config/manifest.hpp"
#include "config/text.hpp"
#include "peer/commands/usage.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

struct FileFinding {
  std::string path;    ///< As in the manifest.
  std::uint64_t size;  ///< As in the manifest, in bytes.
  const char* fault;   ///< "missing", "not a file", "short", "long" or "corrupt".
  std::optional<std::uint64_t> found_size;
  std::vector<std::uint32_t> bad_pieces;  ///< By their indexes in the whole content; of files that could be read.
};

struct Findings {
  std::string content_id;
  config::Manifest manifest;
  std::vector<FileFinding> files;
  std::vector<std::string> missing_folders;
  std::vector<std::string> extra;

  bool all_good() const { return files.empty() && missing_folders.empty(); }
  std::size_t bad_pieces() const {
    std::size_t sum = 0;
    for (const FileFinding& file : files) sum += file.bad_pieces.size();
    return sum;
  }
};

std::string read_manifest(const fs::path& path) {
  const File file(path, File::Mode::read);
  // One byte more than the parser takes, so that it refuses what is too large.
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), config::Manifest::kMaxTextBytes + 1)),
                   '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

/// Looks at `path` and follows links. Throws for anything but its absence.
fs::file_status status_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const bool absent = status.type() == fs::file_type::not_found || error == std::errc::not_a_directory;
  if (error && !absent) throw std::system_error(error, "look at " + path.string());
  return absent ? fs::file_status(fs::file_type::not_found) : status;
}

class Verification {
 public:
  explicit Verification(const VerifyOptions& options) : options_(options) {
    const std::string text = read_manifest(options.manifest);
    findings_.content_id = config::to_hex(sha256(std::as_bytes(std::span(text))));
    findings_.manifest = config::parse_manifest(text, options.manifest.string());
  }

  Findings run() {
    const bool is_file = !findings_.manifest.folder && fs::is_regular_file(status_of(options_.content));
    if (!is_file && !fs::is_directory(status_of(options_.content)))
      throw ExitError(ExitCode::io, config::printable(options_.content.native()) + ": expected " +
                                        (findings_.manifest.folder ? "the content's folder"
                                                                   : "the file or the folder that it is in"));
    for (const config::ManifestFile& file : findings_.manifest.files)
      look_at(file, is_file ? options_.content : options_.content / file.path);
    compare_digests();
    for (const std::string& folder : findings_.manifest.folders)
      if (!fs::is_directory(status_of(options_.content / folder))) findings_.missing_folders.push_back(folder);
    for (const config::ManifestFile& file : findings_.manifest.files) known_.insert(file.path);
    if (!is_file) find_extra(options_.content, "");
    std::ranges::sort(findings_.extra);
    return std::move(findings_);
  }

 private:
  /// A file of the manifest that can be read, and its place in the manifest.
  struct Present {
    const config::ManifestFile* entry;
    std::uint32_t first_piece;
    std::uint64_t found_size;
  };

  void look_at(const config::ManifestFile& file, const fs::path& path) {
    const auto first_piece = std::exchange(
        next_piece_, next_piece_ + static_cast<std::uint32_t>(config::pieces_of_file(file.size, piece_size())));
    const fs::file_status status = status_of(path);
    if (!fs::is_regular_file(status)) {
      findings_.files.push_back({file.path, file.size, fs::exists(status) ? "not a file" : "missing", {}, {}});
      return;
    }
    present_.push_back({&file, first_piece, File(path, File::Mode::read).size()});
    to_hash_.push_back({path, file.size});
  }

  /// Hashes what is there and compares it, also of files of another size: the pieces that are good need not come again.
  void compare_digests() {
    const config::PieceHash hash = findings_.manifest.piece_hash;
    const HashedPieces hashed = to_hash_.empty()
                                    ? HashedPieces{}
                                    : hash_files(to_hash_, {piece_size(), hash, options_.jobs, options_.progress});
    std::size_t next = 0;  // of the hashed ones
    for (const Present& file : present_) {
      FileFinding finding{file.entry->path, file.entry->size, nullptr, file.found_size, {}};
      const std::uint64_t pieces = config::pieces_of_file(file.entry->size, piece_size());
      for (std::uint64_t i = 0; i < pieces; ++i, ++next) {
        const auto index = static_cast<std::uint32_t>(file.first_piece + i);
        const std::span<const std::byte> found =
            std::span(hashed.digests).subspan(next * config::digest_bytes(hash), config::digest_bytes(hash));
        const bool cut_short = std::ranges::binary_search(hashed.cut_short, static_cast<std::uint32_t>(next));
        if (cut_short || !std::ranges::equal(found, findings_.manifest.digest(index)))
          finding.bad_pieces.push_back(index);
      }
      if (file.found_size != file.entry->size)
        finding.fault = file.found_size < file.entry->size ? "short" : "long";
      else if (!finding.bad_pieces.empty())
        finding.fault = "corrupt";
      if (finding.fault) findings_.files.push_back(std::move(finding));
    }
    std::ranges::sort(findings_.files, {}, &FileFinding::path);
  }

  void find_extra(const fs::path& directory, const std::string& name) {
    std::vector<fs::directory_entry> entries;
    for (const auto& entry : fs::directory_iterator(directory))
      if (!is_own(entry.path())) entries.push_back(entry);
    for (const fs::directory_entry& entry : entries) {
      const std::string path = (name.empty() ? "" : name + "/") + entry.path().filename().native();
      if (fs::is_directory(entry.symlink_status()))
        find_extra(entry.path(), path);
      else if (!known_.contains(path) && !(entry.is_symlink() && leads_to_known(path)))
        findings_.extra.push_back(path);
    }
  }

  /// A symbolic link may stand for a folder of the content.
  bool leads_to_known(const std::string& path) const {
    const auto inside = known_.lower_bound(path + "/");
    return inside != known_.end() && inside->starts_with(path + "/");
  }

  std::uint32_t piece_size() const { return findings_.manifest.piece_size; }

  const VerifyOptions& options_;
  Findings findings_;
  std::uint32_t next_piece_ = 0;
  std::vector<Present> present_;
  std::vector<FileToHash> to_hash_;  ///< As present_.
  std::set<std::string_view, std::less<>> known_;
};

/// "piece 3", "pieces 0 to 2, 7".
std::string listed(const std::vector<std::uint32_t>& pieces) {
  std::string text = pieces.size() == 1 ? "piece " : "pieces ";
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t last = i;
    while (last + 1 < pieces.size() && pieces[last + 1] == pieces[last] + 1) ++last;
    if (i > 0) text += ", ";
    text += std::to_string(pieces[i]);
    if (last > i) text.append(last == i + 1 ? ", " : " to ").append(std::to_string(pieces[last]));
    i = last + 1;
  }
  return text;
}

void print_text(const Findings& findings, std::ostream& out) {
  for (const FileFinding& file : findings.files) {
    out << file.fault << ": " << config::printable(file.path);
    if (file.found_size && *file.found_size != file.size)
      out << ", " << *file.found_size << " of " << file.size << " bytes";
    if (!file.bad_pieces.empty()) out << ", bad " << listed(file.bad_pieces);
    out << '\n';
  }
  for (const std::string& folder : findings.missing_folders)
    out << "missing folder: " << config::printable(folder) << '\n';
  for (const std::string& path : findings.extra)
    out << "extra, not in the manifest: " << config::printable(path) << '\n';
  const config::Manifest& manifest = findings.manifest;
  out << (findings.all_good() ? "verified: " : "mismatch: ");
  if (!findings.all_good()) out << findings.files.size() << " of ";
  out << manifest.files.size() << (manifest.files.size() == 1 ? " file, " : " files, ");
  if (!findings.all_good()) out << findings.bad_pieces() << " bad of ";
  out << manifest.piece_count() << (manifest.piece_count() == 1 ? " piece, " : " pieces, ") << manifest.total_size()
      << " bytes\n";
}

void print_json(const Findings& findings, std::ostream& out) {
  using Json = nlohmann::ordered_json;
  Json files = Json::array();
  for (const FileFinding& file : findings.files) {
    Json entry{{"path", file.path}, {"fault", file.fault}, {"expected_size", file.size}};
    if (file.found_size) entry["size"] = *file.found_size;
    entry["bad_pieces"] = file.bad_pieces;
    files.push_back(std::move(entry));
  }
  const Json report{{"verified", findings.all_good()},
                    {"content_id", findings.content_id},
                    {"files", findings.manifest.files.size()},
                    {"pieces", findings.manifest.piece_count()},
                    {"size", findings.manifest.total_size()},
                    {"bad_files", files},
                    {"missing_folders", findings.missing_folders},
                    {"extra", findings.extra}};
  out << report.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

constexpr ExitMeaning kVerifyExits[] = {
    {ExitCode::complete, "all is as it should be"},   {ExitCode::interrupted, "interrupted"},
    {ExitCode::io, "input or output error"},          {ExitCode::usage, "usage"},
    {ExitCode::content_mismatch, "something is not"}, {ExitCode::bad_configuration, "bad manifest"},
};

}  // namespace

const Subcommand kVerifyCommand{
    .name = "verify",
    .help = "  verify MANIFEST DIR         Compare files with their manifest\n",
    .example = "  peerProcess verify m.json models            Compare files with their manifest\n",
    .run = parse_and_run<parse_verify, verify_content>};

std::variant<VerifyOptions, ExitCode> parse_verify(int argc, const char* const* argv) {
  VerifyOptions options;
  CLI::App app{"Compares files with their manifest; names each that is missing, of another size or has bad pieces",
               "peerProcess verify"};
  app.add_option("MANIFEST", options.manifest, "The manifest's file")->required();
  app.add_option("DIR", options.content,
                 "The content's folder; for a content of one file the folder that it is in, or the file")
      ->required();
  add_jobs_option(app, options.jobs, "Threads that read and hash");
  add_progress_option(app, options.progress);
  app.add_flag("--json", options.json, "Print a JSON object");
  if (const auto code = parse_words(app, words_from(2, argc, argv), kVerifyExits)) return *code;
  return options;
}

ExitCode verify_content(const VerifyOptions& options, std::ostream& out) {
  const Findings findings = Verification(options).run();
  if (options.json)
    print_json(findings, out);
  else
    print_text(findings, out);
  return findings.all_good() ? ExitCode::complete : ExitCode::content_mismatch;
}

}  // namespace p2p
