// How much memory the answers of one search take together: neither many nodes nor one with an endless catalog fill it.
//
// Pure bookkeeping on the network thread: who receives says how much it holds, and is told to stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

namespace p2p {

/// Invariant: what comes in and what is kept are together never more than the limit, as far as they were reported.
class AnswerRoom {
 public:
  static constexpr std::size_t kUsualBytes = std::size_t{64} << 20;
  using Ticket = std::uint64_t;

  explicit AnswerRoom(std::size_t bytes = kUsualBytes) : bytes_(bytes) {}

  /// An answer begins. `stop` ends it when its room is needed; called at most once, from inside of hold() or keep().
  Ticket begin(std::function<void()> stop);
  /// The answer takes so many bytes now. When all together take too many, the largest is stopped, so that a small one
  /// always comes through.
  void hold(Ticket answer, std::size_t bytes);
  /// The answer has come, or ended otherwise: it takes nothing any more. No effect on one that was stopped.
  void end(Ticket answer) { coming_.erase(answer); }

  /// How much of one answer may be kept: three quarters of what is left, so that a node may offer a hundred thousand
  /// files, and those that come later are not shut out.
  std::size_t for_one() const { return (bytes_ - kept_) / 4 * 3; }
  /// So many bytes of an answer are kept for as long as the search lasts. Precondition: no more than for_one().
  void keep(std::size_t bytes);
  /// More would have been kept than there was room for.
  void note_cut() { ++cut_; }

  /// How many answers were stopped or kept in part.
  std::size_t cut() const { return cut_; }

 private:
  struct Coming {
    std::size_t bytes = 0;
    std::function<void()> stop;
  };
  void make_room();

  std::size_t bytes_;
  std::size_t kept_ = 0;
  std::size_t cut_ = 0;
  Ticket next_ = 0;
  std::map<Ticket, Coming> coming_;
};

}  // namespace p2p
