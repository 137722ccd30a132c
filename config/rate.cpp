#include "config/rate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 13> kUnits = {{
    {"", 1},
    {"k", 1'000},
    {"m", 1'000'000},
    {"g", 1'000'000'000},
    {"t", 1'000'000'000'000},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"tb", 1'000'000'000'000},
    {"kib", 1ull << 10},
    {"mib", 1ull << 20},
    {"gib", 1ull << 30},
    {"tib", 1ull << 40},
}};
// More digits than these say nothing: less than a byte of the largest unit.
constexpr std::size_t kMostDecimals = 9;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<std::uint64_t> unit_of(std::string_view word) {
  const auto same = [](char a, char b) { return lower(a) == b; };
  for (const auto& [name, bytes] : kUnits)
    if (std::ranges::equal(word, name, same)) return bytes;
  return std::nullopt;
}

/// From 1 to `most`.
std::optional<std::uint64_t> parse(std::string_view word, std::uint64_t most) {
  const std::size_t number_end = std::min(word.find_first_not_of("0123456789."), word.size());
  const auto unit = unit_of(word.substr(number_end));
  const std::string_view number = word.substr(0, number_end);
  const std::size_t point = number.find('.');
  const auto whole = parse_integer(number.substr(0, point), 0, most);
  if (!unit || !whole || *whole > most / *unit) return std::nullopt;
  std::uint64_t bytes = *whole * *unit;
  if (point != std::string_view::npos) {
    std::string_view decimals = number.substr(point + 1);
    if (decimals.empty() || decimals.find('.') != std::string_view::npos) return std::nullopt;
    decimals = decimals.substr(0, kMostDecimals);
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
    const auto part = parse_integer(decimals, 0, scale);
    if (!part) return std::nullopt;
    // In two steps, because no 64 bits have room for the product.
    bytes += *part * (*unit / scale) + *part * (*unit % scale) / scale;
  }
  if (bytes == 0 || bytes > most) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<std::uint64_t> parse_rate(std::string_view word) { return parse(word, kMostRate); }

std::optional<std::uint64_t> parse_size(std::string_view word) { return parse(word, kMostSize); }

}  // namespace p2p::config
