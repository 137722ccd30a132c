// Fetching one content from all who hold it or a part of it, to its end, and giving what is there to those who come.
// The shell of a getter's open swarm.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/discovery/holder_search.hpp"
#include "peer/node/exchange.hpp"
#include "peer/node/exchange_status.hpp"
#include "peer/node/fetch_readers.hpp"
#include "peer/node/old_file.hpp"
#include "peer/report/progress.hpp"
#include "peer/status/board.hpp"
#include "peer/storage/piece_store.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// Everything on the network thread. Errors of the disk come out of io_context::run() as std::system_error.
class Fetch {
 public:
  struct Contribution {
    PeerId peer;
    Address address;
    std::uint32_t pieces = 0;  ///< Stored pieces that came from it.
  };

  struct FromUpstream {
    std::uint32_t group;  ///< This and the next are as SwarmConfig::FromUpstream has them.
    std::vector<PieceDigest> digests;
    std::function<void(const UpstreamTask&)> carry_out;  ///< Learn at once; the others now or later.
    std::function<std::string()> explain;                ///< Why nothing comes from there; empty: nothing is wrong.
  };

  struct Options {
    ProgressMode progress = ProgressMode::none;
    OnScan on_scan = {};           ///< While pieces on disk are checked.
    bool replace = false;          ///< As in PieceStore::Options.
    std::uint16_t port = 0;        ///< Where those come that add_accepted() is called for; 0: nobody comes.
    StatusBoard* board = nullptr;  ///< Told what happens; null: nobody watches.
    ContentName name = nullptr;    ///< As the board has it.
    /// Nothing is fetched but what want() says.
    bool for_readers = false;
    /// Where pieces come from that no neighbor has, and whose digests nobody knows beforehand. Only for readers, with a
    /// store whose content learns its digests, and that has no pieces or all digests.
    std::optional<FromUpstream> upstream = {};
  };

  /// What others got of us.
  struct Given {
    std::uint64_t bytes = 0;
    std::size_t peers = 0;  ///< So many different ones.
  };

  struct Hooks {
    std::function<void()> on_complete;  ///< Once, never before start() returns.
    /// So many are linked now that have something which we lack. Not to call this.
    std::function<void(std::uint32_t count)> on_offering;
    std::function<void()> on_flushed = {};  ///< After retire(), once: all that was asked for is sent. May be null.
  };

  /// Claims what is there of `root`, or makes room for it. Throws StoreError as PieceStore.
  Fetch(asio::io_context& io, PeerId self, ManifestPtr known, const std::filesystem::path& root, const Options& options,
        Hooks hooks);

  /// The same with a store that was made before, on whatever thread. Precondition: its content has this manifest, and
  /// `options` have no `replace`.
  Fetch(asio::io_context& io, PeerId self, ManifestPtr known, std::unique_ptr<PieceStore> store, const Options& options,
        Hooks hooks);

  void start();
  /// With Options::for_readers: these pieces, and no others any more (Swarm::set_demand()). From
  /// inside of FetchReaders::Options::on_wanted.
  void want(std::vector<PieceRange> ranges);
  bool lacks_what_is_wanted() const { return exchange_.swarm().lacks_what_is_wanted(); }
  /// These pieces give their room back, as far as they are stored and the content does not have its name. A reader that
  /// has one before it waits until it has come again. Precondition: the store is sparse.
  void forget(std::span<const PieceIndex> pieces);
  /// A piece has come from the upstream (Exchange::store_upstream).
  void take_upstream(PieceIndex piece, const PieceDigest& sha256, std::span<const std::byte> bytes);
  /// So many bytes have come from there, whole pieces or not.
  void note_upstream(std::uint64_t bytes);
  /// Swarm::on_upstream_failed().
  void fail_upstream(PieceIndex first);
  /// The content, which has its name, is elsewhere now: somebody has renamed the folder that it lies in.
  void relocate(const std::filesystem::path& root) { store_->relocate(root); }
  std::uint32_t linked_neighbors() const { return exchange_.swarm().linked_neighbors(); }
  const Bitfield& stored() const { return store_->stored(); }
  /// Somebody has changed the complete content: it is given as far as it is right, and nothing is stored any more.
  bool is_frozen() const { return store_->frozen(); }
  const Geometry& geometry() const { return store_->geometry(); }
  const ManifestPtr& known() const { return known_; }
  /// Fetches from this one, too. Holders are told apart by where they are and the ID that they claim. One that is
  /// linked already is not dialled again, nor anybody where wrong bytes came from.
  void add_holder(const Holder& holder);
  /// Somebody has come for the content, and may have some of it. `handshake`: what was read of it.
  void add_accepted(StreamPtr stream, const Handshake& handshake) {
    exchange_.add_accepted(std::move(stream), handshake);
  }
  bool is_complete() const { return exchange_.swarm().complete(); }
  /// From now on nothing is given but what has been asked for. See Hooks::on_flushed.
  void retire();
  /// Where those are that are linked.
  std::set<Address> linked() const;

  /// Those who read it on other threads, while it comes and afterwards.
  FetchReaders& readers() { return readers_; }
  const FetchReaders& readers() const { return readers_; }

  /// Ends all connections, and fails all readers; `on_finished` once, within 2 s.
  void finish(std::function<void()> on_finished);

  void show_progress();
  void end_progress();
  /// Why it has not come to its end, as a sentence.
  std::string explain() const;
  /// How long the disk has been full.
  Duration without_room_for(Instant at) const { return exchange_.without_room_for(at); }
  std::uint64_t received_bytes() const { return exchange_.traffic().received; }
  /// What was found in the file that is replaced, at other places than in the new one.
  std::uint64_t found_bytes() const { return old_ ? old_->found_bytes() : 0; }
  /// Those that gave something, in the order of their IDs.
  std::vector<Contribution> contributions() const;
  const Traffic& traffic() const { return exchange_.traffic(); }
  /// For what it waits, when nothing comes.
  std::optional<Wait> wait() const { return wait_of(exchange_); }
  std::uint64_t stored_bytes() const { return p2p::stored_bytes(exchange_.swarm()); }
  void sample_rates(Instant at) { exchange_.sample_rates(at); }
  /// Adds the neighbors; `alone`: also what there is to say of a content, because there is no other.
  void describe_to(Status& status, const std::string& name, bool alone) const;
  Given given() const { return {exchange_.traffic().sent, served_.size()}; }

 private:
  /// The IP address and port where somebody answers.
  using Place = std::pair<std::string, std::uint16_t>;

  /// One that claims an ID at a place. The swarm knows it by a handle (Swarm::add_neighbor).
  struct Claimant {
    Contribution gave;
    Place place;
    Instant gave_at{};
  };
  /// All that claim one ID. They may be one node that is reached in several ways and takes one connection of ours at a
  /// time, or somebody else who takes its name: so one is tried after the other, each for a while, until one gives
  /// something.
  struct Claim {
    std::vector<PeerId> handles;  ///< Never empty, but for those of liars.
    std::size_t current = 0;
    Instant since{};
    Duration trial = kFirstTrial;  ///< Twice as long each time that all have been tried.
  };
  static constexpr Duration kFirstTrial = std::chrono::seconds(1);

  SwarmConfig swarm_config(PeerId self, const Options& options) const;
  Exchange::Hooks exchange_hooks(const Options& options);
  OldFile::Hooks old_file_hooks();
  bool store_found(PieceIndex piece, std::span<const std::byte> bytes);
  void on_event(const Event& event);
  Claim& claim_of(PeerId peer, const Address& address, const Place& place);
  void meet(const NamedPeer& named);
  void count_piece(const PieceStored& stored);
  void note_offering();
  void check_flushed();
  bool is_linked(const Claimant& claimant) const;
  void dial_holder(PeerId handle);
  void try_claimants(Claim& claim);
  bool has_proved(PeerId handle) const;
  void on_rejected(PeerId handle);
  Progress::Status status() const;

  asio::io_context& io_;
  ManifestPtr known_;
  std::unique_ptr<PieceStore> store_;
  Progress progress_;
  Hooks hooks_;
  std::map<PeerId, Claimant> claimants_;                ///< By handle.
  std::map<std::pair<Place, PeerId>, PeerId> handles_;  ///< By place and claimed ID.
  std::map<PeerId, Claim> claims_;                      ///< By ID.
  std::map<PeerId, Contribution> guests_;               ///< By ID: who came by itself, and gave something.
  std::set<PeerId> served_;                             ///< Whom a piece was sent to.
  std::set<Place> liars_;                               ///< Where wrong bytes came from.
  bool has_old_;                                        ///< There is a file that is replaced and may have pieces.
  Exchange exchange_;
  FetchReaders readers_;
  std::optional<OldFile> old_;
  std::optional<FromUpstream> upstream_;
  StuckWatch stuck_;
  StatusBoard* board_;
  ContentName name_;
  std::uint32_t offering_ = 0;  ///< As told last.
  bool retiring_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  ///< A dial may end when this is gone.
};

}  // namespace p2p
