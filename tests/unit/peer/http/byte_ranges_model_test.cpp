// Ranges against a model that looks at each byte of the file, under random headers.
#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "peer/http/byte_ranges.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Answer = RangesAsked::Answer;

/// One of the forms that a range has, or nearly.
struct Word {
  std::optional<unsigned> first, last;
  bool has_dash = true;
  std::string text() const {
    return (first ? std::to_string(*first) : "") + (has_dash ? "-" : "") + (last ? std::to_string(*last) : "");
  }
  bool is_right() const { return has_dash && (first || last) && !(first && last && *last < *first); }
  /// By RFC 9110, section 14.1.2.
  bool has(std::size_t byte, std::size_t size) const {
    if (!first) return byte + *last >= size;
    return byte >= *first && (!last || byte <= *last);
  }
};

TEST_CASE("ranges are what a look at each byte says", "[http]") {
  std::mt19937 random(20);
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = random() % 12;
    const auto maybe = [&]() -> std::optional<unsigned> {
      return random() % 4 ? std::optional<unsigned>(random() % 15) : std::nullopt;
    };
    std::vector<Word> words;
    std::string header = "bytes=";
    bool is_right = true;
    for (auto count = random() % 5 + 1; count > 0; --count) {
      Word word{.first = maybe(), .last = maybe(), .has_dash = random() % 40 != 0};
      if (word.first && word.last && random() % 4) word.last = *word.first + *word.last;
      is_right = is_right && (word.is_right() || word.text().empty());
      header += (random() % 8 == 0 ? " " : "") + word.text() + (random() % 8 == 0 ? "\t" : "") + (count > 1 ? "," : "");
      // An empty element of a list is none.
      if (!word.text().empty()) words.push_back(word);
    }
    is_right = is_right && !words.empty();
    CAPTURE(header, size);
    const RangesAsked asked = parse_ranges(header, size);
    if (!is_right) {
      REQUIRE(asked.answer == Answer::whole);
      REQUIRE(std::string(asked.why).empty());
      continue;
    }
    std::vector<unsigned> wanted(size, 0);
    std::vector<std::vector<std::size_t>> each;
    bool is_end_of_nothing = false;
    for (const Word& word : words) {
      is_end_of_nothing = is_end_of_nothing || (size == 0 && !word.first && *word.last > 0);
      std::vector<std::size_t> bytes;
      for (std::size_t i = 0; i < size; ++i)
        if (word.has(i, size)) {
          ++wanted[i];
          bytes.push_back(i);
        }
      if (!bytes.empty()) each.push_back(bytes);
    }
    const bool meet = std::ranges::any_of(wanted, [](unsigned times) { return times > 1; });
    if (each.empty()) {
      REQUIRE(asked.answer == (is_end_of_nothing ? Answer::whole : Answer::unsatisfiable));
    } else if (meet) {
      REQUIRE(asked.answer == Answer::whole);
      REQUIRE(std::string(asked.why) == "ranges that meet");
    } else {
      REQUIRE(asked.answer == Answer::parts);
      REQUIRE(asked.parts.size() == each.size());
      for (std::size_t i = 0; i < each.size(); ++i)
        REQUIRE((asked.parts[i] == ByteRange{each[i].front(), each[i].size()}));
    }
  }
}

}  // namespace
}  // namespace p2p
