#include "peer/storage/scan.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace p2p {
namespace {

constexpr auto kTellEvery = std::chrono::milliseconds(200);
constexpr auto kPause = std::chrono::milliseconds(10);
constexpr int kMostTries = 500;
constexpr unsigned kMostThreads = 16;
constexpr std::size_t kBufferBudget = 256u << 20;

}  // namespace

bool read_piece(const Layout& layout, const std::filesystem::path& root, File::Mode mode, PieceIndex piece,
                std::span<std::byte> buffer) {
  const Layout::Place at = layout.place_of(piece);
  for (int tries = 1;; ++tries) {
    try {
      return File(place_below(root, layout.files()[at.file].path), mode).read_at(at.offset, buffer) == buffer.size();
    } catch (const std::system_error& error) {
      // The scan's other threads will give theirs back.
      if (!is_exhausted(error.code()) || tries == kMostTries) return false;
    }
    std::this_thread::sleep_for(kPause);
  }
}

Bitfield scan_pieces(const Geometry& geometry, const std::vector<PieceIndex>& pieces, const CheckPiece& check,
                     const OnScan& on_scan) {
  std::uint64_t total = 0;
  for (const PieceIndex piece : pieces) total += geometry.size_of(piece);

  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> done_bytes = 0;
  std::vector<std::uint8_t> right(pieces.size());  // not vector<bool>, whose elements share bytes between threads
  std::mutex mutex;
  std::condition_variable ended;
  const auto affordable = static_cast<unsigned>(std::max<std::size_t>(kBufferBudget / geometry.largest_size(), 1));
  const auto useful = static_cast<unsigned>(std::min<std::size_t>(pieces.size(), std::thread::hardware_concurrency()));
  unsigned running = std::clamp(useful, 1u, std::min(kMostThreads, affordable));

  const auto work = [&] {
    std::vector<std::byte> buffer(geometry.largest_size());
    for (std::size_t i = next++; i < pieces.size(); i = next++) {
      const std::uint32_t size = geometry.size_of(pieces[i]);
      right[i] = check(pieces[i], std::span(buffer).first(size));
      done_bytes += size;
    }
    const std::lock_guard lock(mutex);
    --running;
    ended.notify_one();
  };
  std::vector<std::jthread> threads;
  // They are waited for, and leave what they have not begun, when `on_scan` throws.
  struct End {
    std::atomic<std::size_t>& next;
    std::size_t end;
    ~End() { next = end; }
  } const end{next, pieces.size()};
  for (unsigned i = running; i > 0; --i) threads.emplace_back(work);
  {
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kTellEvery, [&] { return running == 0; }))
      if (on_scan) on_scan({done_bytes, total});
  }
  threads.clear();
  if (on_scan) on_scan({total, total});

  Bitfield found(geometry.piece_count());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (right[i]) found.set(pieces[i]);
  return found;
}

}  // namespace p2p
