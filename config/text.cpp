#include "config/text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/characters.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r\v\f";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i - 1]) == lower(b[j - 1]); };
  // Of the first i letters of `a` to the first j of `b`: the rows i - 2, i - 1 and i.
  std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(i, j) ? 0 : 1)});
      // Two letters that have changed places are one slip.
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::vector<Line> split_lines(std::string_view text) {
  std::size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  std::vector<Line> lines;
  for (std::size_t number = 1; start < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    Line parsed{number, {}};
    for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos && line[at] != '#';) {
      const std::size_t stop = std::min(line.find_first_of(kBlanks, at), line.size());
      parsed.words.push_back({line.substr(at, stop - at), at + 1});
      at = line.find_first_not_of(kBlanks, stop);
    }
    if (!parsed.words.empty()) lines.push_back(std::move(parsed));
    start = end + 1;
  }
  return lines;
}

std::optional<std::uint64_t> parse_integer(std::string_view word, std::uint64_t min, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < min || value > max) return std::nullopt;
  return value;
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string safe;
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(bytes, 1));
    if (bytes > 0 && !is_unprintable(code_point(character)))
      safe += character;
    else
      for (const char c : character)
        safe.append("\\x").append({kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]});
    text.remove_prefix(character.size());
  }
  return safe;
}

std::string printable_lines(std::string_view text) {
  std::string safe;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    safe.append(start == 0 ? "" : "\n").append(printable(text.substr(start, end - start)));
    start = end + 1;
  }
  return safe;
}

std::string in_quotes(std::string_view word) {
  constexpr std::size_t kLongest = 60;
  constexpr std::size_t kLongestCharacter = 4;
  std::size_t length = std::min(word.size(), kLongest);
  // A character is not cut in two; bytes that are no character are cut anywhere.
  for (std::size_t back = 1; length < word.size() && back < kLongestCharacter; ++back)
    if (character_bytes(word.substr(length - back)) > back) {
      length -= back;
      break;
    }
  return '"' + printable(word.substr(0, length)) + (word.size() > length ? "...\"" : "\"");
}

std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongestWord = 64;  // edit distance is quadratic, and a slip is no longer than a key
  if (word.size() > kLongestWord) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > candidate.size() / 2 || (best && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

void Findings::throw_if_any() {
  if (findings_.empty()) return;
  std::ranges::stable_sort(findings_, {}, &Finding::line);
  throw ConfigError(std::move(findings_));
}

}  // namespace p2p::config
