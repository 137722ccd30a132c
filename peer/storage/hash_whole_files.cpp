#include "peer/storage/hash_whole_files.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace p2p {
namespace {

constexpr auto kTellEvery = std::chrono::milliseconds(200);
constexpr std::size_t kMostThreads = 16;
constexpr std::size_t kBlockBytes = 256 * 1024;

void hash(WholeFile& whole, std::atomic<std::uint64_t>& done_bytes) {
  const File file(whole.path, File::Mode::read);
  whole.stamp = file.stamp();
  std::vector<std::byte> block(kBlockBytes);
  Digester digester(config::PieceHash::sha256);
  for (whole.size = 0;;) {
    const std::size_t n = file.read_at(whole.size, block);
    digester.add(std::span(block).first(n));
    whole.size += n;
    done_bytes += n;
    if (n < block.size()) break;
  }
  digester.finish(whole.sha256);
}

}  // namespace

void hash_whole_files(std::vector<WholeFile>& files, const OnScan& on_scan) {
  std::uint64_t total = 0;
  for (const WholeFile& file : files) total += file.size;
  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> done_bytes = 0;
  std::mutex mutex;
  std::condition_variable ended;
  std::exception_ptr failure;
  std::size_t running = std::clamp<std::size_t>(
      std::min<std::size_t>(files.size(), std::thread::hardware_concurrency()), 1, kMostThreads);

  const auto work = [&] {
    std::exception_ptr thrown;
    try {
      for (std::size_t i = next++; i < files.size(); i = next++) hash(files[i], done_bytes);
    } catch (...) {
      thrown = std::current_exception();
      next = files.size();
    }
    const std::lock_guard lock(mutex);
    if (thrown && !failure) failure = thrown;
    --running;
    ended.notify_one();
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = running; i > 0; --i) threads.emplace_back(work);
  {
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kTellEvery, [&] { return running == 0; }))
      // Files that grow meanwhile must not make it more than all.
      if (on_scan && done_bytes < total) on_scan({done_bytes, total});
  }
  threads.clear();
  if (on_scan) on_scan({total, total});
  if (failure) std::rethrow_exception(failure);
}

}  // namespace p2p
