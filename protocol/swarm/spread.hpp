// Whom a sharer suggests which piece (docs/PROTOCOL.md, "Suggesting pieces"), so that of those who ask it at the same
// time no two ask for the same piece while there are pieces that nobody but the sharer has.
//
// A getter asks for what is rare among its own neighbors, and cannot know what others are being given at this moment.
// The sharer knows. In a swarm of a hundred it would send a fifth of the file twice without this.
//
// Invariants: a piece is suggested to one link at most; not more than kAhead suggestions of a link wait to be asked
// for. Absent: who has what (the caller passes it), and frames.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/random.hpp"

namespace p2p {

class Spread {
 public:
  /// How many suggestions of a link wait to be asked for: as many as a getter asks for at once.
  static constexpr std::size_t kAhead = 2;

  /// A piece to suggest to this link: one at random of those that nobody has and that are suggested to nobody. None
  /// when there is none, or kAhead wait. `is_new`: whether nobody but us has it.
  std::optional<PieceIndex> next(LinkId link, std::uint32_t pieces, const std::function<bool(PieceIndex)>& is_new,
                                 Random& random);
  /// It was asked for; it stays suggested to this link alone.
  void on_asked(LinkId link, PieceIndex piece);
  /// The link's neighbor has it, or will not get it of us: it is choked, say.
  void on_held(LinkId link, PieceIndex piece);
  void on_ended(LinkId link);

 private:
  struct Suggested {
    std::vector<PieceIndex> waiting;
    std::vector<PieceIndex> asked;
  };

  std::deque<PieceIndex> order_;  ///< Those that were suggested to nobody yet, or to somebody in vain.
  bool drawn_ = false;            ///< order_ has been made.
  std::map<LinkId, Suggested> suggested_;
};

}  // namespace p2p
