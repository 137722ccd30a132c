// The file that an update replaces, as a source of pieces: the shell of DeltaSearch.
//
// The old file is only read, and what is found in it is verified like what comes from anybody. Reading and hashing are
// done on a thread of its own; everything else, the calls of hooks too, on the network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/piece_storage.hpp"
#include "protocol/delta/delta_search.hpp"

namespace p2p {

class OldFile {
 public:
  struct Hooks {
    std::function<void(PieceIndex)> ask_for;  ///< This piece is to be fetched; on_stored() follows when it was.
    /// Store this piece, whose bytes are right. False: it could not be stored, and will be asked for.
    std::function<bool(PieceIndex, std::span<const std::byte>)> store;
    std::function<void()> on_settled;  ///< After a batch of these.
  };

  /// Whether an old file can be of use for a content like this: of one file, and of not too many pieces.
  static bool may_serve(const Geometry& geometry, const std::filesystem::path& old);

  /// `store` is of one file, has a matches(), and outlives this. Throws std::system_error when the old file cannot be
  /// read.
  OldFile(asio::any_io_executor executor, const std::filesystem::path& old, PieceStorage& store, Hooks hooks);
  /// Waits for what is being read.
  ~OldFile();

  /// Begins; not from inside of a hook.
  void start();
  /// A piece that was asked for has been stored.
  void on_stored(PieceIndex piece);
  /// How many bytes were found.
  std::uint64_t found_bytes() const { return found_bytes_; }

 private:
  class Reader;
  using Pieces = std::vector<std::vector<std::byte>>;

  void pump();
  void scan(PieceIndex piece);
  void check(const DeltaSearch::Check& check);
  void on_checked(const DeltaSearch::Check& check, const Pieces& pieces);

  asio::any_io_executor executor_;
  PieceStorage& store_;
  Hooks hooks_;
  DeltaSearch search_;
  std::uint64_t found_bytes_ = 0;
  std::stop_source stop_;
  std::shared_ptr<Reader> reader_;  ///< Has a token of stop_.
  std::shared_ptr<const bool> alive_ =
      std::make_shared<const bool>(true);  ///< For answers that arrive when this is gone.
  asio::thread_pool thread_{1};
};

}  // namespace p2p
