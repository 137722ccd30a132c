// Bytes that no two pieces have in common.
#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace p2p::test {

/// The same for the same size.
inline std::string random_text(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace p2p::test
