// A store of three small pieces, and what tests of it do and ask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "peer/node/exit_error.hpp"
#include "peer/storage/piece_store.hpp"
#include "tests/support/catch.hpp"

namespace p2p::test {

/// Three pieces: "aaaa", "bbbb", "cc".
inline Content content(const std::filesystem::path& folder, const std::string& name = "file") {
  return {.root = folder / name, .layout = Layout::of_file(10, 4)};
}

/// What the store would send for a piece.
inline std::string source(PieceStore& store, std::uint32_t piece) {
  const auto from = store.source(PieceIndex{piece});
  if (!from) return "none";
  std::string bytes(store.geometry().size_of(PieceIndex{piece}), '?');
  REQUIRE(from->file->read_at(from->offset, std::as_writable_bytes(std::span(bytes))) == bytes.size());
  return bytes;
}

inline void write(PieceStore& store, std::uint32_t piece, std::string_view bytes) {
  store.write(PieceIndex{piece}, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

/// How a peer would be told to leave: exit code and message; 0 and nothing when it would not.
template <class Action>
std::pair<int, std::string> refusal(Action&& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return {static_cast<int>(exit_code(error.fault())), error.what()};
  }
  return {0, ""};
}

}  // namespace p2p::test
