// Buffers for pieces on their way in: each holds one whole piece, because a piece is stored only when it is whole.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "peer/net/asio.hpp"

namespace p2p {

class BufferPool;

/// One piece's bytes; goes back to its pool when destroyed.
class PieceBuffer {
 public:
  PieceBuffer() = default;
  PieceBuffer(BufferPool& pool, std::unique_ptr<std::byte[]> bytes) : pool_(&pool), bytes_(std::move(bytes)) {}
  ~PieceBuffer();
  PieceBuffer(PieceBuffer&& other) noexcept = default;
  PieceBuffer& operator=(PieceBuffer&& other) noexcept;

  explicit operator bool() const { return bytes_ != nullptr; }
  std::byte* data() const { return bytes_.get(); }

 private:
  BufferPool* pool_ = nullptr;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Bounds the memory of all links together: at most kBudgetBytes, or four pieces where these are larger. Buffers are
/// reused, so that their pages stay warm. Single-threaded; outlives its buffers.
class BufferPool {
 public:
  static constexpr std::size_t kBudgetBytes = 64u << 20;

  BufferPool(asio::any_io_executor executor, std::size_t piece_size);

  /// A buffer of piece_size bytes, contents undefined; waits while the budget is spent.
  asio::awaitable<PieceBuffer> acquire();

 private:
  friend class PieceBuffer;
  void release(std::unique_ptr<std::byte[]> bytes);

  std::size_t piece_size_;
  std::size_t left_;  ///< How many more buffers may be allocated.
  std::vector<std::unique_ptr<std::byte[]>> free_;
  asio::steady_timer released_;  ///< Never expires; cancelling it wakes who waits.
};

}  // namespace p2p
