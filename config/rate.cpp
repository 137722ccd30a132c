#include "config/rate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> kUnits = {{
    {"", 1},
    {"k", 1'000},
    {"m", 1'000'000},
    {"g", 1'000'000'000},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"kib", 1ull << 10},
    {"mib", 1ull << 20},
    {"gib", 1ull << 30},
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

}  // namespace

std::optional<std::uint64_t> parse_rate(std::string_view word) {
  const std::size_t number_end = std::min(word.find_first_not_of("0123456789."), word.size());
  const auto unit = unit_of(word.substr(number_end));
  const std::string_view number = word.substr(0, number_end);
  const std::size_t point = number.find('.');
  const auto whole = parse_integer(number.substr(0, point), 0, kMostRate);
  if (!unit || !whole || *whole > kMostRate / *unit) return std::nullopt;
  std::uint64_t rate = *whole * *unit;
  if (point != std::string_view::npos) {
    std::string_view decimals = number.substr(point + 1);
    if (decimals.empty() || decimals.find('.') != std::string_view::npos) return std::nullopt;
    decimals = decimals.substr(0, kMostDecimals);
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
    const auto part = parse_integer(decimals, 0, scale);
    if (!part) return std::nullopt;
    rate += *part * *unit / scale;
  }
  if (rate == 0 || rate > kMostRate) return std::nullopt;
  return rate;
}

}  // namespace p2p::config
