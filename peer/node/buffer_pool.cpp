#include "peer/node/buffer_pool.hpp"

#include <algorithm>

namespace p2p {

PieceBuffer::~PieceBuffer() {
  if (bytes_) pool_->release(std::move(bytes_));
}

PieceBuffer& PieceBuffer::operator=(PieceBuffer&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(bytes_, other.bytes_);
  std::swap(part_, other.part_);
  return *this;
}

std::size_t BufferPool::capacity(std::size_t piece_size) { return std::max<std::size_t>(kBudgetBytes / piece_size, 4); }

BufferPool::BufferPool(asio::any_io_executor executor, std::size_t piece_size)
    : piece_size_(piece_size),
      left_(capacity(piece_size)),
      released_(std::move(executor), asio::steady_timer::time_point::max()) {}

asio::awaitable<PieceBuffer> BufferPool::acquire() {
  while (free_.empty() && left_ == 0) co_await released_.async_wait(use_result);
  if (free_.empty()) {
    --left_;
    co_return PieceBuffer(*this, std::make_unique_for_overwrite<std::byte[]>(piece_size_));
  }
  auto bytes = std::move(free_.back());
  free_.pop_back();
  co_return PieceBuffer(*this, std::move(bytes));
}

void BufferPool::release(std::unique_ptr<std::byte[]> bytes) {
  free_.push_back(std::move(bytes));
  released_.cancel_one();
}

}  // namespace p2p
