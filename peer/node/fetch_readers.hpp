// Who reads a content while it is fetched: verified bytes for readers on another thread, and what they wait for comes
// first (protocol/swarm/windows.hpp). The shell between ReaderChannel and the swarm of a Fetch, to which this belongs.
//
// Sources and readers may be used on any thread, and outlive this: then readers fail. All else is on the network
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/http/content_host.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/exchange.hpp"
#include "peer/node/reader_channel.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {

class FetchReaders {
 public:
  struct Options {
    /// A reader that waits fails when for so long nothing has come for the content, from anybody.
    Duration patience = std::chrono::seconds(30);
    /// What is wanted() has changed: somebody came, left, or has come further. Called before the swarm is told what
    /// comes next. May be null. Not to destroy this.
    std::function<void()> on_wanted = {};
  };
  /// Pieces [first, end).
  struct Pieces {
    std::uint32_t first;
    std::uint32_t end;
    friend bool operator==(const Pieces&, const Pieces&) = default;
  };

  /// All outlive this. `explain`: why nothing comes, as a sentence.
  FetchReaders(asio::io_context& io, Exchange& exchange, PieceStore& store, std::function<std::string()> explain);
  /// Readers fail, if end() has not been called.
  ~FetchReaders();
  FetchReaders(const FetchReaders&) = delete;
  FetchReaders& operator=(const FetchReaders&) = delete;

  void set_options(Options options) { options_ = std::move(options); }

  /// Of a file of the content's layout.
  std::shared_ptr<ByteSource> source(std::size_t file) const;
  /// How many readers there are.
  std::size_t count() const { return entries_.size(); }
  /// The pieces that each reader has before it, those that are here included; in the order in which they came.
  std::vector<Pieces> wanted() const;

  /// Something happened to what is stored; others are no matter. From inside of the exchange.
  void on_event(const Event& event);
  void on_stored(PieceIndex piece);
  /// Nobody may read any more, until grant_all(): stored bytes are about to be something else.
  void revoke_all();
  /// All may read what is stored now.
  void grant_all();
  /// Those that wait for bytes fail for this reason.
  void fail_waiting(const std::string& why);
  /// All readers fail for this reason, and so does who comes later.
  void end(const std::string& why);

  /// How many pieces go before others for a reader: measured with swarm_sim --stream (docs/BENCHMARKS.md, "Readers").
  static std::uint32_t window(std::uint32_t piece_size);

 private:
  class Mailbox;
  class Source;
  struct Entry {
    std::shared_ptr<ReaderChannel> channel;
    std::size_t file;
    std::uint64_t place;                        ///< As it was told last.
    Instant moved;                              ///< When it came there.
    ReaderChannel::Grant grant = {};            ///< No file: nothing is granted.
    std::optional<PieceIndex> window = {};      ///< The first piece of its window, where it has one.
    std::optional<std::uint64_t> doubted = {};  ///< The last place at which something was wrong with the file.
  };

  void add(ReaderId reader, std::shared_ptr<ReaderChannel> channel, std::size_t file);
  void look_at(ReaderId reader);
  void remove(ReaderId reader);
  void check_file(ReaderId reader);
  void grant_anew(ReaderId reader, Entry& entry);
  PieceIndex piece_at(std::size_t file, std::uint64_t offset) const;
  std::uint64_t stored_to(const Entry& entry, std::uint64_t offset) const;
  void move_window(ReaderId reader, Entry& entry);
  void tell_wanted() const;
  void wait();
  void tick();

  Exchange& exchange_;
  PieceStore& store_;
  std::function<std::string()> explain_;
  Options options_;
  std::map<ReaderId, Entry> entries_;
  std::string over_;  ///< Why there are no readers any more.
  std::uint64_t received_ = 0;
  Instant came_{};            ///< When something last came for the content.
  asio::steady_timer timer_;  ///< Runs while somebody reads.
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace p2p
