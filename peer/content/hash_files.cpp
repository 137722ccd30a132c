#include "peer/content/hash_files.hpp"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/file.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10;

std::atomic<bool> signal_came{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // or a signal handler could not set it

/// SIGINT and SIGTERM set signal_came while this lives.
class SignalWatch {
 public:
  SignalWatch() {
    signal_came = false;
    struct sigaction action {};
    action.sa_handler = [](int) { signal_came = true; };
    ::sigaction(SIGINT, &action, &old_int_);
    ::sigaction(SIGTERM, &action, &old_term_);
  }
  ~SignalWatch() {
    ::sigaction(SIGINT, &old_int_, nullptr);
    ::sigaction(SIGTERM, &old_term_, nullptr);
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

/// What the threads share. Each takes the next piece until there is none, something fails, or a signal comes.
class Hashing {
 public:
  Hashing(std::span<const FileToHash> files, const HashOptions& options) : files_(files), options_(options) {
    for (const FileToHash& file : files_) {
      first_pieces_.push_back(pieces_);
      pieces_ += config::pieces_of_file(file.size, options_.piece_size);
      bytes_ += file.size;
    }
    P2P_ASSERT(pieces_ <= config::Manifest::kMaxPieces);
    result_.digests.resize(pieces_ * config::digest_bytes(options_.piece_hash));
  }

  HashedPieces run() {
    if (pieces_ == 0) return {};
    std::optional<SignalWatch> watch;
    if (!options_.stop) watch.emplace();
    ProgressLine line(options_.progress);
    std::vector<std::jthread> threads;
    running_ = static_cast<unsigned>(std::min<std::uint64_t>(options_.jobs, pieces_));
    for (unsigned i = running_; i > 0; --i) threads.emplace_back([this] { work(); });
    wait(line);
    threads.clear();
    if (!options_.stop) line.clear();  // a terminal is the main thread's
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted()) throw ExitError(ExitCode::interrupted, "interrupted");
    char text[160];
    std::snprintf(text, sizeof text, "hashed: %llu/%llu pieces after %.1f s, %s",
                  static_cast<unsigned long long>(hashed_pieces_), static_cast<unsigned long long>(pieces_),
                  line.elapsed_s(), megabytes(static_cast<double>(hashed_bytes_)).c_str());
    line.finish(text);
    std::ranges::sort(result_.cut_short);
    return std::move(result_);
  }

 private:
  bool interrupted() const { return options_.stop ? options_.stop->load() : signal_came.load(); }

  void work() {
    try {
      Reader reader(options_.piece_hash);
      for (std::uint64_t piece = next_piece_++; piece < pieces_ && !stop_ && !interrupted(); piece = next_piece_++)
        hash(piece, reader);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop_ = true;
    }
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) all_ended_.notify_one();
  }

  void wait(ProgressLine& line) {
    RecentRate rate;
    std::unique_lock lock(mutex_);
    while (!all_ended_.wait_for(lock, ProgressLine::kInterval, [this] { return running_ == 0; })) {
      lock.unlock();
      show(line, rate);
      lock.lock();
    }
  }

  void show(ProgressLine& line, RecentRate& rate) const {
    rate.sample(hashed_bytes_, now());
    const double bytes_per_s = rate.bytes_per_s();
    char text[160];
    std::snprintf(text, sizeof text, "%5.1f%%  hashed %s of %s  %s/s  ETA %s",
                  100.0 * static_cast<double>(hashed_bytes_) / static_cast<double>(bytes_),
                  megabytes(static_cast<double>(hashed_bytes_)).c_str(), megabytes(static_cast<double>(bytes_)).c_str(),
                  megabytes(bytes_per_s).c_str(),
                  time_left(static_cast<double>(bytes_ - hashed_bytes_), bytes_per_s).c_str());
    line.show(hashed_bytes_, bytes_, text);
  }

  /// A thread's own: the file that it was at, so that a file of many pieces is opened once a thread.
  struct Reader {
    explicit Reader(config::PieceHash hash) : digester(hash), buffer(kReadSize) {}

    Digester digester;
    std::vector<std::byte> buffer;
    std::size_t file_index = 0;
    std::optional<File> file;
  };

  void hash(std::uint64_t piece, Reader& reader) {
    // Files without pieces begin where the next one does, so the last that begins here has the piece.
    const auto behind = std::ranges::upper_bound(first_pieces_, piece);
    const auto index = static_cast<std::size_t>(behind - first_pieces_.begin()) - 1;
    if (!reader.file || reader.file_index != index) reader.file.emplace(files_[index].path, File::Mode::read);
    reader.file_index = index;
    std::uint64_t offset = (piece - first_pieces_[index]) * options_.piece_size;
    std::uint64_t left = std::min<std::uint64_t>(options_.piece_size, files_[index].size - offset);
    while (left > 0 && !interrupted()) {
      const std::span<std::byte> part =
          std::span(reader.buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kReadSize)));
      const std::size_t got = reader.file->read_at(offset, part);
      reader.digester.add(part.first(got));
      hashed_bytes_ += got;
      if (options_.hashed_bytes) *options_.hashed_bytes += got;
      offset += got;
      left -= got;
      if (got < part.size()) break;
    }
    const std::size_t digest_bytes = config::digest_bytes(options_.piece_hash);
    reader.digester.finish(std::span(result_.digests).subspan(piece * digest_bytes, digest_bytes));
    ++hashed_pieces_;
    if (left == 0) return;
    const std::lock_guard lock(mutex_);
    result_.cut_short.push_back(static_cast<std::uint32_t>(piece));
  }

  std::span<const FileToHash> files_;
  HashOptions options_;
  std::vector<std::uint64_t> first_pieces_;  ///< Of each file; equal to the next one's for a file without pieces.
  std::uint64_t pieces_ = 0;
  std::uint64_t bytes_ = 0;

  std::atomic<std::uint64_t> next_piece_{0};
  std::atomic<std::uint64_t> hashed_pieces_{0};
  std::atomic<std::uint64_t> hashed_bytes_{0};
  std::atomic<bool> stop_{false};

  std::mutex mutex_;  ///< Guards what follows. In digests each piece's part is its thread's alone.
  std::condition_variable all_ended_;
  unsigned running_ = 0;
  std::exception_ptr failure_;
  HashedPieces result_;
};

}  // namespace

HashedPieces hash_files(std::span<const FileToHash> files, const HashOptions& options) {
  return Hashing(files, options).run();
}

std::uint32_t usual_piece_size(std::uint64_t total_size) {
  constexpr std::uint32_t kSmallest = 256u << 10;
  constexpr std::uint32_t kLargest = 16u << 20;
  constexpr std::uint64_t kMostPieces = 2'000;
  std::uint32_t size = kSmallest;
  while (size < kLargest && total_size / size > kMostPieces) size *= 2;
  return size;
}

}  // namespace p2p
