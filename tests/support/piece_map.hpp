// Sets of pieces as pictures: "10110" has the pieces 0, 2 and 3 of five.
#pragma once

#include <string>
#include <string_view>

#include "protocol/bitfield.hpp"

namespace p2p::test {

inline Bitfield pieces(std::string_view picture) {
  Bitfield set(static_cast<std::uint32_t>(picture.size()));
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (picture[i] == '1') set.set(PieceIndex{i});
  return set;
}

inline std::string picture(const Bitfield& set) {
  std::string picture;
  for (std::uint32_t i = 0; i < set.size(); ++i) picture += set.test(PieceIndex{i}) ? '1' : '0';
  return picture;
}

}  // namespace p2p::test
