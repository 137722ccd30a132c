#include "peer/http/byte_ranges.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "peer/http/field.hpp"

namespace p2p {
namespace {

constexpr std::string_view kUnit = "bytes=";

struct Spec {
  std::optional<std::uint64_t> first, last;  ///< Without a first, `last` bytes at the end.
};

/// Digits only; what is larger than a number can be is as large as it can be.
std::optional<std::uint64_t> number(std::string_view digits) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

std::optional<Spec> parse_spec(std::string_view word) {
  const std::size_t dash = word.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = word.substr(0, dash), after = word.substr(dash + 1);
  const Spec spec{.first = number(before), .last = number(after)};
  const bool is_right = (spec.first || before.empty()) && (spec.last || after.empty()) && (spec.first || spec.last) &&
                        !(spec.first && spec.last && *spec.last < *spec.first);
  return is_right ? std::optional(spec) : std::nullopt;
}

/// What of the file it is; none: nothing.
std::optional<ByteRange> cut(const Spec& spec, std::uint64_t size) {
  if (!spec.first) {
    const std::uint64_t count = std::min(*spec.last, size);
    return count > 0 ? std::optional(ByteRange{size - count, count}) : std::nullopt;
  }
  if (*spec.first >= size) return std::nullopt;
  const std::uint64_t last = spec.last ? std::min(*spec.last, size - 1) : size - 1;
  return ByteRange{*spec.first, last - *spec.first + 1};
}

bool meet(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::first);
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i - 1].first + ranges[i - 1].count > ranges[i].first) return true;
  return false;
}

}  // namespace

RangesAsked parse_ranges(std::string_view header, std::uint64_t size) {
  if (header.size() < kUnit.size() || !is_same_word(header.substr(0, kUnit.size()), kUnit)) return {};
  std::vector<ByteRange> parts;
  std::size_t specs = 0;
  for (const std::string_view word : list_words(header.substr(kUnit.size()))) {
    const auto spec = parse_spec(word);
    if (!spec) return {};
    ++specs;
    // A suffix of nothing is nothing to point at, and all there is.
    if (size == 0 && !spec->first && *spec->last > 0) return {};
    if (const auto part = cut(*spec, size); part && parts.size() <= kMostRanges) parts.push_back(*part);
  }
  if (specs == 0) return {};
  if (parts.empty()) return {.answer = RangesAsked::Answer::unsatisfiable};
  if (parts.size() > kMostRanges) return {.why = "more than 64 ranges"};
  if (meet(parts)) return {.why = "ranges that meet"};
  return {.answer = RangesAsked::Answer::parts, .parts = std::move(parts)};
}

}  // namespace p2p
