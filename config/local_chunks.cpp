#include "config/local_chunks.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kLast = "LASTCHUNK";
constexpr std::string_view kBlanks = " \t\r\v\f";

/// A line's text without the blanks at its ends.
struct Row {
  std::size_t number;  ///< From 1.
  Word text;
};

std::vector<Row> rows_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::vector<Row> rows;
  std::size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (std::size_t number = 1; start < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (const std::size_t from = line.find_first_not_of(kBlanks); from != std::string_view::npos)
      rows.push_back({number, {line.substr(from, line.find_last_not_of(kBlanks) + 1 - from), from + 1}});
    start = end + 1;
  }
  return rows;
}

/// Splits at the first comma, without blanks around it; the second word is empty when there is none.
std::pair<Word, Word> split(const Word& word) {
  const std::size_t comma = word.text.find(',');
  if (comma == std::string_view::npos)
    return {word, {word.text.substr(word.text.size()), word.column + word.text.size()}};
  const std::string_view head = word.text.substr(0, comma);
  const std::size_t tail = std::min(word.text.find_first_not_of(kBlanks, comma + 1), word.text.size());
  return {{head.substr(0, head.find_last_not_of(kBlanks) + 1), word.column},
          {word.text.substr(tail), word.column + tail}};
}

/// Finds what stands in a list twice.
class Seen {
 public:
  Seen(Findings& findings, std::string what) : findings_(findings), what_(std::move(what)) {}

  void add(const std::string& value, std::size_t line, std::size_t column) {
    if (const auto [earlier, is_new] = lines_.emplace(value, line); !is_new)
      findings_.add(line, column,
                    what_ + " " + value + " stands here again, first on line " + std::to_string(earlier->second));
  }

 private:
  Findings& findings_;
  std::string what_;
  std::map<std::string, std::size_t> lines_;
};

std::optional<std::uint32_t> index_of(const Word& word, std::size_t line, Findings& findings) {
  const auto index = parse_integer(word.text, 1, kMostChunks);
  if (index) return static_cast<std::uint32_t>(*index);
  findings.add(
      line, word.column,
      "chunk index is " + in_quotes(word.text) + ", expected an integer from 1 to " + std::to_string(kMostChunks));
  return std::nullopt;
}

bool is_name(const Word& name, std::size_t line, Findings& findings) {
  const std::string fault = chunk_name_fault(name.text);
  if (!fault.empty())
    findings.add(line, name.column,
                 "file name " + in_quotes(name.text) + " " + fault + ", expected the name of a file in this folder");
  return fault.empty();
}

/// Files that we read or write ourselves wherever somebody works: a stranger's bytes must not take their place.
bool is_own_file(std::string_view name) {
  if (name == kLast || name == "local_chunks.txt" || name == "Common.cfg" || name == "PeerInfo.cfg") return true;
  if (name.starts_with("log_peer_") && name.ends_with(".log")) return true;
  return name.ends_with(".part") || name.ends_with(".journal");
}

}  // namespace

std::string chunk_name_fault(std::string_view name) {
  if (std::string fault = path_fault(name); !fault.empty()) return fault;
  if (name.find('/') != std::string_view::npos) return "has a slash";
  if (kBlanks.find(name.front()) != std::string_view::npos || kBlanks.find(name.back()) != std::string_view::npos)
    return "begins or ends with a blank";
  if (name.starts_with('.')) return "begins with a dot: such files steer programs";
  if (is_own_file(name)) return "is a name that peerProcess uses itself";
  return {};
}

LocalChunks parse_local_chunks(std::string_view text, const std::string& file) {
  Findings findings(file);
  LocalChunks list;
  Seen indexes(findings, "chunk index");
  Seen names(findings, "file name");
  std::size_t last_line = 0;
  const std::vector<Row> rows = rows_of(text);
  for (const Row& row : rows) {
    const auto [index_word, name] = split(row.text);
    if (last_line != 0) {
      findings.add(row.number, row.text.column,
                   "a line after LASTCHUNK, which stands on line " + std::to_string(last_line) +
                       ", expected the end of the list");
      continue;
    }
    const auto index = index_of(index_word, row.number, findings);
    if (name.text == kLast) {
      last_line = row.number;
      if (index) list.total = *index;
      continue;
    }
    if (name.text.empty()) {
      findings.add(row.number, name.column,
                   "no file name, expected an index, a comma and a file name, such as 1,chunk_1");
      continue;
    }
    if (!is_name(name, row.number, findings) || !index) continue;
    indexes.add(std::to_string(*index), row.number, index_word.column);
    names.add(std::string(name.text), row.number, name.column);
    list.chunks.push_back({*index, std::string(name.text), row.number, name.column});
  }
  if (last_line == 0) {
    const std::string expected =
        "no LASTCHUNK line, expected the total number of chunks at the end, such as 4,LASTCHUNK";
    if (rows.empty())
      findings.add(expected);
    else
      findings.add(rows.back().number, rows.back().text.column + rows.back().text.text.size(), expected);
  }
  for (const LocalChunk& chunk : list.chunks)
    if (list.total != 0 && chunk.index > list.total)
      findings.add(chunk.line, 1,
                   "chunk index " + std::to_string(chunk.index) + " is past the last, which is " +
                       std::to_string(list.total) + " by line " + std::to_string(last_line));
  findings.throw_if_any();
  return list;
}

std::string print_local_chunks(const LocalChunks& list) {
  std::vector<LocalChunk> sorted = list.chunks;
  std::ranges::sort(sorted, {}, &LocalChunk::index);
  std::string text;
  for (const LocalChunk& chunk : sorted) text += std::to_string(chunk.index) + ',' + chunk.name + '\n';
  return text + std::to_string(list.total) + ',' + std::string(kLast) + '\n';
}

std::vector<ReceivedChunk> parse_received_chunks(std::string_view text, const std::string& file) {
  Findings findings(file);
  std::vector<ReceivedChunk> received;
  Seen indexes(findings, "chunk index");
  for (const Row& row : rows_of(text)) {
    const auto [index_word, behind_index] = split(row.text);
    const auto [size_word, behind_size] = split(behind_index);
    const auto [digest, name] = split(behind_size);
    ReceivedChunk chunk{.name = std::string(name.text)};
    const auto index = index_of(index_word, row.number, findings);
    const auto size = parse_integer(size_word.text, 0, kLargestChunk);
    if (!size)
      findings.add(
          row.number, size_word.column,
          "size is " + in_quotes(size_word.text) + ", expected bytes from 0 to " + std::to_string(kLargestChunk));
    const bool has_digest = from_hex(digest.text, chunk.sha256);
    if (!has_digest)
      findings.add(row.number, digest.column,
                   "SHA-256 is " + in_quotes(digest.text) + ", expected 64 hexadecimal digits");
    if (!is_name(name, row.number, findings) || !index || !size || !has_digest) continue;
    indexes.add(std::to_string(*index), row.number, index_word.column);
    chunk.index = *index;
    chunk.size = *size;
    received.push_back(std::move(chunk));
  }
  findings.throw_if_any();
  return received;
}

std::string print_received_chunks(const std::vector<ReceivedChunk>& received) {
  std::string text;
  for (const ReceivedChunk& chunk : received)
    text += std::to_string(chunk.index) + ',' + std::to_string(chunk.size) + ',' + to_hex(chunk.sha256) + ',' +
            chunk.name + '\n';
  return text;
}

}  // namespace p2p::config
