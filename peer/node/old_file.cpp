#include "peer/node/old_file.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

namespace p2p {
namespace {

namespace fs = std::filesystem;

// A search looks at all pieces again and again.
constexpr std::uint32_t kMostPieces = 1u << 16;
// How much of a run is verified before it is stored.
constexpr std::size_t kBatchBytes = 4u << 20;
constexpr std::size_t kReadBytes = 1u << 20;

std::uint32_t batch_of(const Geometry& geometry) {
  return static_cast<std::uint32_t>(std::max<std::size_t>(kBatchBytes / geometry.piece_size(), 1));
}

}  // namespace

/// What the other thread does. Errors of the disk mean that nothing is found.
class OldFile::Reader {
 public:
  Reader(const fs::path& old, const PieceStorage& store, std::stop_token stop)
      : old_(old, File::Mode::read),
        size_(old_.size()),
        store_(store),
        geometry_(store.geometry()),
        stop_(std::move(stop)) {}

  std::uint64_t size() const { return size_; }

  Shifts scan(PieceIndex piece, const PieceStorage::Source& source) {
    try {
      if (!index_) build_index();
      std::vector<std::byte> bytes(geometry_.size_of(piece));
      if (source.file->read_at(source.offset, bytes) < bytes.size()) return {};
      return index_->find(bytes, std::uint64_t{piece.value} * geometry_.piece_size());
    } catch (const std::system_error& error) {
      spdlog::warn("{}", error.what());
      return {};
    }
  }

  /// The bytes of those that are there, from the first on.
  Pieces check(const DeltaSearch::Check& check) const {
    Pieces pieces;
    try {
      while (pieces.size() < check.count && !stop_.stop_requested()) {
        const auto done = static_cast<std::uint32_t>(pieces.size());
        const PieceIndex piece{check.backwards ? check.first.value - done : check.first.value + done};
        std::vector<std::byte> bytes(geometry_.size_of(piece));
        const Shift at = static_cast<Shift>(std::uint64_t{piece.value} * geometry_.piece_size()) + check.shift;
        if (old_.read_at(static_cast<std::uint64_t>(at), bytes) < bytes.size() || !store_.matches(piece, bytes)) break;
        pieces.push_back(std::move(bytes));
      }
    } catch (const std::system_error& error) {
      spdlog::warn("{}", error.what());
    }
    return pieces;
  }

 private:
  void build_index() {
    BlockIndex index(BlockIndex::block_size_for(size_));
    // A whole number of blocks.
    std::vector<std::byte> bytes(std::max<std::size_t>(kReadBytes, index.block_size()));
    for (std::uint64_t at = 0; at < size_ && !stop_.stop_requested();) {
      const std::size_t count = old_.read_at(at, bytes);
      index.add(std::span(bytes).first(count));
      if (count < bytes.size()) break;
      at += count;
    }
    index.finish();
    index_.emplace(std::move(index));
  }

  File old_;
  std::uint64_t size_;
  const PieceStorage& store_;
  Geometry geometry_;
  std::stop_token stop_;
  std::optional<BlockIndex> index_;  ///< Made when it is first needed.
};

bool OldFile::may_serve(const Geometry& geometry, const fs::path& old) {
  std::error_code error;
  return geometry.piece_count() <= kMostPieces && fs::is_regular_file(old, error) && fs::file_size(old, error) > 0 &&
         !error;
}

OldFile::OldFile(asio::any_io_executor executor, const fs::path& old, PieceStorage& store, Hooks hooks)
    : executor_(std::move(executor)),
      store_(store),
      hooks_(std::move(hooks)),
      search_(store.geometry(), File(old, File::Mode::read).size(), store.stored(), batch_of(store.geometry())),
      reader_(std::make_shared<Reader>(old, store, stop_.get_token())) {}

OldFile::~OldFile() {
  stop_.request_stop();
  thread_.join();
}

void OldFile::start() {
  pump();
  hooks_.on_settled();
}

void OldFile::on_stored(PieceIndex piece) {
  search_.on_stored(piece);
  pump();
}

void OldFile::pump() {
  while (const auto effect = search_.poll_effect()) {
    if (const auto* const open = std::get_if<DeltaSearch::Open>(&*effect))
      hooks_.ask_for(open->piece);
    else if (const auto* const wanted = std::get_if<DeltaSearch::Scan>(&*effect))
      scan(wanted->piece);
    else
      check(std::get<DeltaSearch::Check>(*effect));
  }
}

void OldFile::scan(PieceIndex piece) {
  const auto answer = [this, piece, alive = std::weak_ptr(alive_)](const Shifts& shifts) {
    if (alive.expired()) return;
    search_.on_scanned(piece, shifts);
    pump();
    hooks_.on_settled();
  };
  const auto source = store_.source(piece);
  if (!source) return asio::post(executor_, [answer] { answer({}); });
  asio::post(thread_, [executor = executor_, reader = reader_, piece, source = *source, answer] {
    asio::post(executor, [answer, shifts = reader->scan(piece, source)] { answer(shifts); });
  });
}

void OldFile::check(const DeltaSearch::Check& check) {
  asio::post(thread_, [this, executor = executor_, reader = reader_, check, alive = std::weak_ptr(alive_)] {
    asio::post(executor, [this, check, alive, pieces = reader->check(check)] {
      if (!alive.expired()) on_checked(check, pieces);
    });
  });
}

void OldFile::on_checked(const DeltaSearch::Check& check, const Pieces& pieces) {
  std::uint32_t stored = 0;
  for (const std::vector<std::byte>& bytes : pieces) {
    const PieceIndex piece{check.backwards ? check.first.value - stored : check.first.value + stored};
    if (!hooks_.store(piece, bytes)) break;
    found_bytes_ += bytes.size();
    ++stored;
  }
  search_.on_checked(check, stored);
  pump();
  hooks_.on_settled();
}

}  // namespace p2p
