#include "config/common_cfg.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "config/hex.hpp"
#include "config/piece_limit.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::uint64_t kLongestInterval_s = 86'400;
constexpr std::uint64_t kMostPreferred = 65'535;
constexpr std::uint64_t kLargestFile = 0x7fffffffffffffff;
constexpr std::uint64_t kLargestPiece = 64u << 20;

const std::vector<std::string_view> kKeys = {"NumberOfPreferredNeighbors",
                                             "UnchokingInterval",
                                             "OptimisticUnchokingInterval",
                                             "FileName",
                                             "FileSize",
                                             "PieceSize",
                                             "MaxConnections",
                                             "ChokingPolicy",
                                             "Manifest",
                                             "TrustQuorum"};
// Fewer would be one cycle of the neighbor graph, which a single missing peer cuts open.
constexpr std::uint64_t kFewestConnections = 4;
constexpr std::uint64_t kMostConnections = 65'535;
constexpr std::uint64_t kLargestQuorum = 65'535;

struct Entry {
  std::size_t line;
  Word key;
  Word value;
};

/// Why a file name would leave the peer's folder or cannot be a file name; empty when it is good.
std::string relative_path_fault(std::string_view name) {
  if (name.starts_with('/')) return "is absolute";
  if (name.ends_with('/')) return "ends with a slash";
  if (name.ends_with(".part")) return "ends with .part, which marks unfinished files";
  if (name.find('\0') != std::string_view::npos) return "has a zero byte";
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    const std::string_view part = name.substr(start, end - start);
    if (part == "..") return "has the part ..";
    if (part.empty() || part == ".") return "has an empty part";
    if (part.size() > 255) return "has a part of more than 255 bytes";
    start = end + 1;
  }
  return {};
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : findings_(file) {
    for (const Line& line : split_lines(text)) take(line);
  }

  CommonCfg parse() {
    CommonCfg cfg;
    cfg.preferred_neighbors =
        static_cast<std::uint32_t>(integer("NumberOfPreferredNeighbors", 0, kMostPreferred, "an integer"));
    cfg.unchoking_interval_s =
        static_cast<std::uint32_t>(integer("UnchokingInterval", 1, kLongestInterval_s, "seconds"));
    cfg.optimistic_interval_s =
        static_cast<std::uint32_t>(integer("OptimisticUnchokingInterval", 1, kLongestInterval_s, "seconds"));
    cfg.file_name = file_name();
    // A manifest says both sizes.
    const bool has_manifest = entries_.contains("Manifest");
    if (has_manifest) cfg.manifest = manifest();
    if (!has_manifest || entries_.contains("FileSize")) cfg.file_size = integer("FileSize", 1, kLargestFile, "bytes");
    if (!has_manifest || entries_.contains("PieceSize"))
      cfg.piece_size = integer("PieceSize", 1, kLargestPiece, "bytes");
    if (entries_.contains("MaxConnections"))
      cfg.max_connections =
          static_cast<std::uint32_t>(integer("MaxConnections", kFewestConnections, kMostConnections, "an integer"));
    if (entries_.contains("ChokingPolicy")) cfg.choking_policy = choking_policy();
    if (entries_.contains("TrustQuorum")) cfg.trust_quorum = trust_quorum();
    check_piece_count(cfg.file_size.value_or(0), cfg.piece_size.value_or(0));
    findings_.throw_if_any();
    return cfg;
  }

  CommonCfg parse_for_chunks() {
    CommonCfg cfg;
    cfg.preferred_neighbors = 3;
    cfg.unchoking_interval_s = 5;
    cfg.optimistic_interval_s = 15;
    if (entries_.contains("NumberOfPreferredNeighbors"))
      cfg.preferred_neighbors =
          static_cast<std::uint32_t>(integer("NumberOfPreferredNeighbors", 0, kMostPreferred, "an integer"));
    if (entries_.contains("UnchokingInterval"))
      cfg.unchoking_interval_s =
          static_cast<std::uint32_t>(integer("UnchokingInterval", 1, kLongestInterval_s, "seconds"));
    if (entries_.contains("OptimisticUnchokingInterval"))
      cfg.optimistic_interval_s =
          static_cast<std::uint32_t>(integer("OptimisticUnchokingInterval", 1, kLongestInterval_s, "seconds"));
    if (const auto entry = entries_.find("MaxConnections"); entry != entries_.end())
      findings_.add(entry->second.line, entry->second.key.column,
                    "MaxConnections does not go with a chunk folder, where each peer must hear every holder's own "
                    "word, expected a full mesh");
    if (entries_.contains("ChokingPolicy")) cfg.choking_policy = choking_policy();
    if (entries_.contains("TrustQuorum")) cfg.trust_quorum = trust_quorum();
    findings_.throw_if_any();
    return cfg;
  }

 private:
  std::uint32_t trust_quorum() {
    return static_cast<std::uint32_t>(integer("TrustQuorum", 1, kLargestQuorum, "an integer"));
  }

  void take(const Line& line) {
    const Word& key = line.words[0];
    if (std::ranges::find(kKeys, key.text) == kKeys.end()) {
      const auto meant = nearest(key.text, kKeys);
      findings_.add(line.number, key.column,
                    "unknown key " + in_quotes(key.text) +
                        (meant ? ", did you mean " + std::string(*meant) + "?" : ", expected one of " + all_keys()));
      if (meant) slips_.emplace_back(*meant);
      return;
    }
    const std::string name(key.text);
    if (line.words.size() == 1)
      findings_.add(line.number, key.column + key.text.size(), name + " has no value");
    else if (line.words.size() > 2)
      findings_.add(line.number, line.words[2].column,
                    in_quotes(line.words[2].text) + " after the value of " + name + ", expected the end of the line");
    const Word value = line.words.size() > 1 ? line.words[1] : Word{};
    const auto [earlier, is_new] = entries_.emplace(name, Entry{line.number, key, value});
    if (!is_new)
      findings_.add(line.number, key.column,
                    name + " stands here again, first on line " + std::to_string(earlier->second.line));
  }

  static std::string all_keys() {
    std::string text;
    for (const std::string_view key : kKeys) text += (text.empty() ? "" : ", ") + std::string(key);
    return text;
  }

  /// The key's entry if it has a value. A missing key is a finding unless a misspelt one was found already.
  const Entry* find(const std::string& key) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) {
      if (std::ranges::find(slips_, key) == slips_.end()) findings_.add("key " + key + " is missing");
      return nullptr;
    }
    return it->second.value.text.empty() ? nullptr : &it->second;
  }

  std::uint64_t integer(const std::string& key, std::uint64_t min, std::uint64_t max, const std::string& unit) {
    const Entry* entry = find(key);
    if (!entry) return 0;
    const auto value = parse_integer(entry->value.text, min, max);
    if (!value)
      findings_.add(entry->line, entry->value.column,
                    key + " is " + in_quotes(entry->value.text) + ", expected " + unit + " from " +
                        std::to_string(min) + " to " + std::to_string(max));
    return value.value_or(0);
  }

  /// Sizes that are missing or wrong are 0 here, and have been told.
  void check_piece_count(std::uint64_t file_size, std::uint64_t piece_size) {
    if (file_size == 0 || piece_size == 0 || (file_size - 1) / piece_size < kMostPieces) return;
    const std::uint64_t count = (file_size - 1) / piece_size + 1;
    if ((file_size - 1) / kLargestPiece >= kMostPieces) {
      const Entry& size = entries_.at("FileSize");
      findings_.add(size.line, size.value.column,
                    "FileSize is " + std::to_string(file_size) + ", but the largest possible is " +
                        std::to_string(kMostPieces * kLargestPiece) + ": " + std::to_string(kMostPieces) +
                        " pieces of " + std::to_string(kLargestPiece) + " bytes");
      return;
    }
    const Entry& entry = entries_.at("PieceSize");
    findings_.add(entry.line, entry.value.column,
                  "PieceSize " + std::to_string(piece_size) + " cuts the file into " + std::to_string(count) +
                      " pieces, but at most " + std::to_string(kMostPieces) + " are possible; expected at least " +
                      std::to_string((file_size - 1) / kMostPieces + 1));
  }

  std::optional<std::array<std::byte, 32>> manifest() {
    const Entry* entry = find("Manifest");
    std::array<std::byte, 32> id{};
    if (entry && !from_hex(entry->value.text, id))
      findings_.add(entry->line, entry->value.column,
                    "Manifest is " + in_quotes(entry->value.text) +
                        ", expected 64 hexadecimal digits, as peerProcess manifest prints them");
    return id;
  }

  std::string file_name() {
    const Entry* entry = find("FileName");
    if (!entry) return {};
    if (const std::string fault = relative_path_fault(entry->value.text); !fault.empty())
      findings_.add(
          entry->line, entry->value.column,
          "FileName " + in_quotes(entry->value.text) + " " + fault + ", expected a name inside the peer's folder");
    return std::string(entry->value.text);
  }

  ChokingPolicy choking_policy() {
    const Entry* entry = find("ChokingPolicy");
    if (!entry || entry->value.text == "course") return ChokingPolicy::course;
    if (entry->value.text != "cooperative")
      findings_.add(entry->line, entry->value.column,
                    "ChokingPolicy is " + in_quotes(entry->value.text) + ", expected course or cooperative");
    return ChokingPolicy::cooperative;
  }

  Findings findings_;
  std::map<std::string, Entry> entries_;
  std::vector<std::string> slips_;
};

}  // namespace

CommonCfg parse_common_cfg(std::string_view text, const std::string& file) { return Parser(text, file).parse(); }

CommonCfg parse_chunk_cfg(std::string_view text, const std::string& file) {
  return Parser(text, file).parse_for_chunks();
}

}  // namespace p2p::config
