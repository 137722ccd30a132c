// The requests of one link: what is open, and what was open once and may still be answered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"

namespace p2p {

struct OpenRequest {
  PieceIndex piece;
  Instant asked;
  bool lone = false;  ///< No other request was open when it went out.
};

/// Each request that went out may be answered once, even when it was given up meanwhile and the piece was asked for
/// again: a choke and an unchoke can cross with requests, so that the remote serves both. Invariants: a piece is open
/// at most once; answers are accepted at most as often as the piece was asked for. Sizes are those of a request window,
/// so that linear search is the fast way.
class Requests {
 public:
  enum class Fate { open, abandoned, never_asked };

  std::span<const OpenRequest> open() const { return open_; }
  std::uint32_t open_count() const { return static_cast<std::uint32_t>(open_.size()); }

  bool is_open(PieceIndex piece) const { return std::ranges::find(open_, piece, &OpenRequest::piece) != open_.end(); }

  /// What an answer to `piece` would be an answer to: the open request, if there is one.
  Fate fate(PieceIndex piece) const;

  /// Precondition: `piece` is not open.
  void ask(PieceIndex piece, Instant now);

  /// An answer to `piece` came and takes one request away. Returns it if it was open.
  std::optional<OpenRequest> answer(PieceIndex piece);

  /// Gives up all open requests (choke, stall): they become abandoned. Returns their pieces.
  std::vector<PieceIndex> abandon();

 private:
  /// A remote that never answers must not make us remember more than this.
  static constexpr std::size_t kMostAbandoned = 8192;

  std::vector<OpenRequest> open_;      ///< In the order in which they went out.
  std::vector<PieceIndex> abandoned_;  ///< Likewise; a piece may stand here several times.
};

}  // namespace p2p
