// Compares pieces with what they should hash to on other threads, because a SHA-256 costs as much as all else that a
// piece needs.
//
// Owned and called by the network thread, which also gets the verdicts, in any order. How much is under way is bounded
// by the BufferPool that the pieces come from; large chunks, which are not in memory, by one for each link and what of
// each is being verified.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "peer/net/asio.hpp"
#include "peer/node/buffer_pool.hpp"
#include "peer/storage/piece_storage.hpp"

namespace p2p {

class Verifier {
 public:
  using OnVerdict = std::function<void(PieceIndex, PieceBuffer, bool matches)>;

  /// `executor` is the network thread's; `store` outlives this.
  Verifier(asio::any_io_executor executor, const PieceStorage& store, OnVerdict on_verdict);
  /// Waits for the threads. No verdict comes any more.
  ~Verifier();

  /// Precondition: the piece is not under way already.
  void check(PieceIndex piece, PieceBuffer buffer);
  bool is_busy() const { return !pieces_.empty(); }

 private:
  void finish(PieceIndex piece, bool matches);

  asio::any_io_executor executor_;
  const PieceStorage& store_;
  OnVerdict on_verdict_;
  std::unordered_map<PieceIndex, PieceBuffer> pieces_;  ///< Under way.
  std::shared_ptr<Verifier*> self_;                     ///< For verdicts that arrive when this is gone.
  asio::thread_pool threads_;
};

}  // namespace p2p
