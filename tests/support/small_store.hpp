// A store of three small pieces, and what tests of it do and ask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "peer/storage/piece_store.hpp"
#include "peer/storage/store_error.hpp"
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

/// Why a store cannot be used; nothing when it can.
template <class Action>
std::pair<std::optional<StoreFault>, std::string> refusal(Action&& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return {error.fault(), error.what()};
  }
  return {std::nullopt, ""};
}

}  // namespace p2p::test
