// Which bytes of a file a request wants: RFC 9110, section 14. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace p2p {

struct ByteRange {
  std::uint64_t first;
  std::uint64_t count;  ///< At least 1.
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangesAsked {
  enum class Answer : std::uint8_t {
    whole,          ///< 200: all of it.
    parts,          ///< 206.
    unsatisfiable,  ///< 416: nothing of what is asked for is there.
  };
  Answer answer = Answer::whole;
  std::vector<ByteRange>
      parts{};           ///< In the order in which they were asked for; inside of the file, none meets another.
  const char* why = "";  ///< Whole, although the request asks for ranges in the right form.
};

/// More are a way to have us work.
inline constexpr std::size_t kMostRanges = 64;

/// What a Range header asks for in a file of so many bytes. One that is malformed, or of another unit, is as if it were
/// not there. Ranges of which some begin behind the end are answered without those.
RangesAsked parse_ranges(std::string_view header, std::uint64_t size);

}  // namespace p2p
