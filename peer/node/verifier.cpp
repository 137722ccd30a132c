#include "peer/node/verifier.hpp"

#include <algorithm>
#include <span>
#include <thread>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

// One core is left to the network thread.
unsigned thread_count() { return std::clamp(std::thread::hardware_concurrency(), 2u, 9u) - 1; }

}  // namespace

Verifier::Verifier(asio::any_io_executor executor, const PieceStorage& store, OnVerdict on_verdict)
    : executor_(std::move(executor)),
      store_(store),
      on_verdict_(std::move(on_verdict)),
      self_(std::make_shared<Verifier*>(this)),
      threads_(thread_count()) {}

Verifier::~Verifier() {
  threads_.stop();
  store_.stop_matching();
  threads_.join();
}

void Verifier::check(PieceIndex piece, PieceBuffer buffer) {
  const std::span<const std::byte> bytes(buffer.data(), store_.geometry().size_of(piece));
  const bool is_new = pieces_.emplace(piece, std::move(buffer)).second;
  P2P_ASSERT(is_new);
  asio::post(threads_, [this, piece, bytes, alive = std::weak_ptr(self_)] {
    const bool matches = store_.matches(piece, bytes);
    asio::post(executor_, [piece, matches, alive] {
      if (const auto self = alive.lock()) (*self)->finish(piece, matches);
    });
  });
}

void Verifier::finish(PieceIndex piece, bool matches) {
  PieceBuffer buffer = std::move(pieces_.extract(piece).mapped());
  on_verdict_(piece, std::move(buffer), matches);
}

}  // namespace p2p
