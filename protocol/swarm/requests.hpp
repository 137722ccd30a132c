// The requests of one link: what is open, and what was open once and may still be answered.
#pragma once

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

/// Invariant: a piece is open, abandoned, or neither; never both.
/// Sizes are those of a request window, so that linear search is the fast way.
class Requests {
 public:
  enum class Standing { open, abandoned, never_asked };

  std::span<const OpenRequest> open() const { return open_; }
  std::uint32_t open_count() const { return static_cast<std::uint32_t>(open_.size()); }

  Standing standing(PieceIndex piece) const;

  /// Precondition: `piece` is not open. An abandoned one becomes open again.
  void ask(PieceIndex piece, Instant now);

  /// An answer to `piece` came: it is neither open nor abandoned any more. Returns the request if it was open.
  std::optional<OpenRequest> answer(PieceIndex piece);

  /// Gives up all open requests (choke, stall): they become abandoned. Returns them.
  std::vector<PieceIndex> abandon();

 private:
  std::vector<OpenRequest> open_;  ///< In the order in which they went out.
  std::vector<PieceIndex> abandoned_;
};

}  // namespace p2p
