// Buffers for pieces on their way in: each holds one whole piece, because a piece is stored only when it is whole. A
// large one may lie in a file of its own instead.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/storage/mapped_part.hpp"

namespace p2p {

class BufferPool;

/// One piece's bytes; goes back to its pool, or gives up its file, when destroyed.
class PieceBuffer {
 public:
  PieceBuffer() = default;
  PieceBuffer(BufferPool& pool, std::unique_ptr<std::byte[]> bytes) : pool_(&pool), bytes_(std::move(bytes)) {}
  explicit PieceBuffer(std::unique_ptr<MappedPart> part) : part_(std::move(part)) {}
  ~PieceBuffer();
  PieceBuffer(PieceBuffer&& other) noexcept = default;
  PieceBuffer& operator=(PieceBuffer&& other) noexcept;

  explicit operator bool() const { return bytes_ || part_; }
  std::byte* data() const { return part_ ? part_->data() : bytes_.get(); }
  /// Null for a buffer of a pool.
  MappedPart* part() const { return part_.get(); }

 private:
  BufferPool* pool_ = nullptr;
  std::unique_ptr<std::byte[]> bytes_;
  std::unique_ptr<MappedPart> part_;
};

/// Bounds the memory of all links together: at most kBudgetBytes, or four pieces where these are larger. Buffers are
/// reused, so that their pages stay warm. Single-threaded; outlives its buffers.
class BufferPool {
 public:
  static constexpr std::size_t kBudgetBytes = 64u << 20;

  BufferPool(asio::any_io_executor executor, std::size_t piece_size);

  /// How many buffers there may be.
  static std::size_t capacity(std::size_t piece_size);

  std::size_t piece_size() const { return piece_size_; }

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
