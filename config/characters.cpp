#include "config/characters.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace p2p::config {
namespace {

/// First and last, in ascending order.
constexpr std::array<std::pair<char32_t, char32_t>, 14> kUnprintable = {{
    {0x0000, 0x001f},    // C0
    {0x007f, 0x009f},    // DEL, C1
    {0x00ad, 0x00ad},    // soft hyphen
    {0x034f, 0x034f},    // grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer vowels without a glyph
    {0x180b, 0x180f},    // Mongolian selectors and the vowel separator
    {0x200b, 0x200f},    // zero width, direction marks
    {0x2028, 0x202e},    // line and paragraph separators, embeddings and overrides of direction
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates
    {0xfeff, 0xfeff},    // byte-order mark, a space of no width
    {0xfff0, 0xfffb},    // interlinear annotation
    {0xe0000, 0xe0fff},  // tags, selectors
}};

constexpr char32_t kFirstWide = 0x1100;

/// A byte that is no character takes the place of one: a terminal shows something there.
std::size_t step(std::string_view text) { return std::max<std::size_t>(character_bytes(text), 1); }

std::size_t width_of(std::string_view text, std::size_t bytes) {
  return character_bytes(text) == bytes && code_point(text.substr(0, bytes)) >= kFirstWide ? 2 : 1;
}

}  // namespace

std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i, unsigned from = 0x80, unsigned to = 0xbf) {
    return byte(i) >= from && byte(i) <= to;
  };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second = first == 0xe0 ? follows(1, 0xa0) : first == 0xed ? follows(1, 0x80, 0x9f) : follows(1);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second = first == 0xf0 ? follows(1, 0x90) : first == 0xf4 ? follows(1, 0x80, 0x8f) : follows(1);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

char32_t code_point(std::string_view character) {
  constexpr unsigned kBitsOfFirst[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t value = static_cast<unsigned char>(character[0]) & kBitsOfFirst[character.size()];
  for (const char c : character.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return value;
}

bool is_unprintable(char32_t character) {
  const auto range = std::ranges::lower_bound(kUnprintable, character, {}, &std::pair<char32_t, char32_t>::second);
  return range != kUnprintable.end() && range->first <= character;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = step(text.substr(at));
    sum += width_of(text.substr(at), bytes);
    at += bytes;
  }
  return sum;
}

std::string_view first_columns(std::string_view text, std::size_t width) {
  std::size_t taken = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = step(text.substr(at));
    taken += width_of(text.substr(at), bytes);
    if (taken > width) return text.substr(0, at);
    at += bytes;
  }
  return text;
}

}  // namespace p2p::config
