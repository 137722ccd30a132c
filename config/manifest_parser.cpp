// parse_manifest(): the events of nlohmann's parser, which is not recursive, go through a small state machine. No tree
// of JSON values is ever built, so memory is what the manifest itself needs.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/hex.hpp"
#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kDeepestSkipped = 64;

enum class Key { unknown, version, kind, piece_size, piece_hash, files, folders, path, size, mode, pieces };

struct KeyRule {
  Key key;
  bool required;
  std::string_view name;
  std::string_view expected;
};

constexpr KeyRule kRootKeys[] = {
    {Key::version, true, "peerProcess_manifest", "version 1"},
    {Key::kind, true, "kind", "\"file\" or \"folder\""},
    {Key::piece_size, true, "piece_size", "bytes from 1 to 67108864"},
    {Key::piece_hash, true, "piece_hash", "\"sha256\" or \"xxh3\""},
    {Key::folders, false, "folders", "a list of paths"},
    {Key::files, true, "files", "a list of files"},
};
constexpr KeyRule kFileKeys[] = {
    {Key::path, true, "path", "a path"},
    {Key::size, true, "size", "bytes from 0 to 9223372036854775807"},
    {Key::mode, true, "mode", "permission bits from \"0000\" to \"0777\""},
    {Key::pieces, true, "pieces", "a list of digests"},
};

constexpr unsigned bit(Key key) { return 1u << static_cast<unsigned>(key); }

/// Where in the manifest the parser is. A value under an unknown key is skipped by depth alone.
enum class Place { outside, root, files, file, pieces, folders };

class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(std::string_view text, const std::string& file_name) : text_(text), file_name_(file_name) {}

  Manifest read() {
    // The library takes a zero byte for the end of the text.
    if (const std::size_t zero = text_.find('\0'); zero != std::string_view::npos)
      fail_at(zero, "a zero byte, expected JSON");
    nlohmann::json::sax_parse(text_, this);
    check_whole();
    return std::move(manifest_);
  }

  bool null() override { return skipped() || wrong("null"); }
  bool boolean(bool value) override { return skipped() || wrong(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return skipped() || wrong(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override {
    return skipped() || wrong(printable(std::string_view(digits).substr(0, 60)));
  }
  bool binary(binary_t&) override { return wrong("binary"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (skipped()) return true;
    if (key_ == Key::version && value == kVersion) return true;
    if (key_ == Key::piece_size && value >= 1 && value <= Manifest::kMaxPieceSize) {
      manifest_.piece_size = static_cast<std::uint32_t>(value);
      return true;
    }
    if (key_ == Key::size && value <= Manifest::kMaxTotalSize - total_size_) {
      manifest_.files.back().size = value;
      total_size_ += value;
      return true;
    }
    if (key_ == Key::size && value <= Manifest::kMaxTotalSize)
      fail("makes the content larger than " + std::to_string(Manifest::kMaxTotalSize) + " bytes");
    return wrong(std::to_string(value));
  }

  bool string(string_t& value) override {
    if (place_ == Place::pieces) return add_digest(value);
    if (place_ == Place::folders) return add_folder(value);
    if (skipped()) return true;
    switch (key_) {
      case Key::kind:
        if (value != "file" && value != "folder") break;
        manifest_.folder = value == "folder";
        return true;
      case Key::piece_hash:
        if (value != "sha256" && value != "xxh3") break;
        manifest_.piece_hash = value == "xxh3" ? PieceHash::xxh3 : PieceHash::sha256;
        return true;
      case Key::path: return add_path(value);
      case Key::mode:
        if (value.size() != 4 || value[0] != '0' || value.find_first_not_of("01234567") != std::string::npos) break;
        manifest_.files.back().mode =
            static_cast<std::uint32_t>((value[1] - '0') << 6 | (value[2] - '0') << 3 | (value[3] - '0'));
        return true;
      default: break;
    }
    return wrong(config::in_quotes(value));
  }

  bool start_object(std::size_t) override {
    if (skip_more()) return true;
    if (place_ == Place::outside) return enter(Place::root);
    if (place_ != Place::files) return wrong("an object");
    manifest_.files.emplace_back();
    pieces_of_files_.push_back(0);
    seen_in_file_ = 0;
    return enter(Place::file);
  }

  bool start_array(std::size_t) override {
    if (skip_more()) return true;
    if (place_ == Place::root && key_ == Key::files) return enter(Place::files);
    if (place_ == Place::root && key_ == Key::folders) return enter(Place::folders);
    if (place_ == Place::file && key_ == Key::pieces) return enter(Place::pieces);
    return wrong("a list");
  }

  bool key(string_t& name) override {
    if (skipped_depth_ > 0) return true;
    key_ = Key::unknown;
    unsigned& seen = place_ == Place::root ? seen_in_root_ : seen_in_file_;
    for (const KeyRule& rule : rules()) {
      if (rule.name != name) continue;
      key_ = rule.key;
      if (seen & bit(key_)) fail("is there twice");
      seen |= bit(key_);
    }
    return true;
  }

  bool end_object() override {
    if (skip_less()) return true;
    key_ = Key::unknown;
    check_required(place_ == Place::root ? seen_in_root_ : seen_in_file_);
    place_ = place_ == Place::root ? Place::outside : Place::files;
    return true;
  }

  bool end_array() override {
    if (skip_less()) return true;
    const bool in_file = place_ == Place::pieces;
    key_ = Key::unknown;
    place_ = in_file ? Place::file : Place::root;
    return true;
  }

  /// The wording is ours, because the library's changes from release to release.
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (text_.find_first_not_of(" \t\r\n") == std::string_view::npos)
      fail_at(0, "no text, expected a manifest in JSON");
    const std::size_t last = position == 0 ? 0 : position - 1;
    if (last >= text_.size()) fail_at(last, "the text ends here, expected more JSON");
    if (text_[last] == '"') fail_at(last, "an unexpected string ends here");
    const std::size_t start = word_start(last);
    const std::string word = in_quotes(text_.substr(start, last + 1 - start));
    fail_at(start,
            error.id == kNumberOverflow ? word + " is too large a number" : "unexpected " + word + ", expected JSON");
  }

 private:
  /// Where the number or the name that ends at `last` begins; anything else is one byte.
  std::size_t word_start(std::size_t last) const {
    constexpr std::string_view kInWords = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._";
    if (kInWords.find(text_[last]) == std::string_view::npos) return last;
    return text_.find_last_not_of(kInWords, last) + 1;  // npos + 1 is 0
  }

  [[noreturn]] void fail_at(std::size_t offset, const std::string& message) const {
    const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    throw ConfigError({{file_name_, line, before.size() - line_start + 1, message}});
  }

  /// A complaint about the value or list that the parser is at.
  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError({{file_name_, 0, 0, pointer() + " " + message}});
  }

  /// A complaint about something else.
  [[noreturn]] void fail_about(const std::string& message) const { throw ConfigError({{file_name_, 0, 0, message}}); }

  bool wrong(const std::string& found) const { fail("is " + found + ", expected " + expected()); }

  std::span<const KeyRule> rules() const {
    return place_ == Place::root ? std::span<const KeyRule>(kRootKeys) : kFileKeys;
  }

  const KeyRule* rule() const {
    const auto found = std::ranges::find(rules(), key_, &KeyRule::key);
    return found == rules().end() ? nullptr : &*found;
  }

  std::string expected() const {
    switch (place_) {
      case Place::outside: return "an object";
      case Place::files: return "an object that describes a file";
      case Place::pieces: return "a digest in hexadecimal";
      case Place::folders: return "a path";
      default: return std::string(rule()->expected);
    }
  }

  std::string pointer() const {
    const std::string file = "/files/" + std::to_string(manifest_.files.size() - (place_ == Place::files ? 0 : 1));
    const std::string key = key_ == Key::unknown || !rule() ? "" : "/" + std::string(rule()->name);
    switch (place_) {
      case Place::outside: return "the manifest";
      case Place::root: return key.empty() ? "the manifest" : key;
      case Place::files: return file;
      case Place::file: return file + key;
      case Place::pieces: return file + "/pieces/" + std::to_string(pieces_of_files_.back());
      case Place::folders: return "/folders/" + std::to_string(manifest_.folders.size());
    }
    return {};
  }

  bool enter(Place place) {
    place_ = place;
    key_ = Key::unknown;
    return true;
  }

  /// The value that the parser is at belongs to an unknown key.
  bool skipped() const {
    return skipped_depth_ > 0 || ((place_ == Place::root || place_ == Place::file) && key_ == Key::unknown);
  }

  bool skip_more() {
    if (!skipped()) return false;
    if (++skipped_depth_ > kDeepestSkipped)
      fail("has an unknown key whose value is nested deeper than " + std::to_string(kDeepestSkipped));
    return true;
  }

  bool skip_less() {
    if (skipped_depth_ == 0) return false;
    --skipped_depth_;
    return true;
  }

  void check_required(unsigned seen) const {
    for (const KeyRule& needed : rules())
      if (needed.required && !(seen & bit(needed.key))) fail("has no \"" + std::string(needed.name) + "\"");
  }

  void check_path(const std::string& path, const std::string* before) const {
    if (const std::string fault = path_fault(path); !fault.empty())
      fail(config::in_quotes(path) + " " + fault + ", expected a path inside the content");
    if (!before || *before < path) return;
    if (*before == path) fail(config::in_quotes(path) + " is there twice");
    fail(config::in_quotes(path) + " stands behind " + config::in_quotes(*before) +
         ", expected paths in ascending order");
  }

  bool add_path(std::string& path) {
    const std::size_t before = manifest_.files.size() - 1;
    check_path(path, before > 0 ? &manifest_.files[before - 1].path : nullptr);
    manifest_.files.back().path = std::move(path);
    return true;
  }

  bool add_folder(std::string& path) {
    check_path(path, manifest_.folders.empty() ? nullptr : &manifest_.folders.back());
    manifest_.folders.push_back(std::move(path));
    return true;
  }

  bool add_digest(const std::string& digits) {
    // The key piece_hash may come later; until then the first digest sets the length.
    if (digest_bytes_ == 0) digest_bytes_ = digits.size() == 2 * digest_bytes(PieceHash::xxh3) ? 16 : 32;
    manifest_.digests.resize(manifest_.digests.size() + digest_bytes_);
    if (!from_hex(digits, std::span(manifest_.digests).last(digest_bytes_)))
      fail("is " + config::in_quotes(digits) + ", expected a digest of " + std::to_string(2 * digest_bytes_) +
           " hexadecimal digits");
    ++pieces_of_files_.back();
    return true;
  }

  void check_whole() const {
    const std::size_t bytes = digest_bytes(manifest_.piece_hash);
    if (manifest_.digests.size() > 0 && digest_bytes_ != bytes)
      fail_about("/files has digests of " + std::to_string(2 * digest_bytes_) + " hexadecimal digits, expected " +
                 std::to_string(2 * bytes) + " for " + std::string(name_of(manifest_.piece_hash)));
    if (manifest_.folder && total_size_ == 0) fail_about("/files has no bytes, expected at least one");
    for (std::size_t i = 0; i < manifest_.files.size(); ++i) {
      const std::uint64_t expected = pieces_of_file(manifest_.files[i].size, manifest_.piece_size);
      if (pieces_of_files_[i] != expected)
        fail_about("/files/" + std::to_string(i) + "/pieces has " + std::to_string(pieces_of_files_[i]) +
                   " digests, expected " + std::to_string(expected));
    }
    if (manifest_.digests.size() / bytes > Manifest::kMaxPieces)
      fail_about("more than " + std::to_string(Manifest::kMaxPieces) + " pieces");
    if (!manifest_.folder) {
      if (manifest_.files.size() != 1 || !manifest_.folders.empty())
        fail_about("/kind is \"file\", expected exactly one file and no folders");
      const std::string& name = manifest_.files[0].path;
      if (const std::string fault = file_name_fault(name); !fault.empty())
        fail_about("/files/0/path " + config::in_quotes(name) + " " + fault + ", expected the name of a file");
    }
    std::vector<std::string_view> paths(manifest_.folders.begin(), manifest_.folders.end());
    for (const ManifestFile& file : manifest_.files) paths.push_back(file.path);
    if (const auto collision = path_collision(paths))
      fail_about(*collision + ", expected paths that can be in one folder");
  }

  std::string_view text_;
  const std::string& file_name_;
  Manifest manifest_;
  std::vector<std::uint32_t> pieces_of_files_;  ///< Digests read, for each file.
  std::uint64_t total_size_ = 0;
  std::size_t digest_bytes_ = 0;  ///< Of the digests read; 0 before the first.
  Place place_ = Place::outside;
  Key key_ = Key::unknown;  ///< Whose value comes next, in an object.
  std::size_t skipped_depth_ = 0;
  unsigned seen_in_root_ = 0;  ///< Keys, by bit().
  unsigned seen_in_file_ = 0;
};

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& file_name) {
  if (text.size() > Manifest::kMaxTextBytes)
    throw ConfigError({{file_name, 0, 0,
                        std::to_string(text.size()) + " bytes, expected a manifest of at most " +
                            std::to_string(Manifest::kMaxTextBytes)}});
  return Reader(text, file_name).read();
}

}  // namespace p2p::config
