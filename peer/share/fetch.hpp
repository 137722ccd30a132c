// Fetching one content from all who hold it, to its end. The shell of an open swarm that nobody is let into.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/exchange.hpp"
#include "peer/report/progress.hpp"
#include "peer/share/holder_search.hpp"
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

  struct Options {
    ProgressMode progress = ProgressMode::none;
    OnScan on_scan = {};   ///< While pieces on disk are checked.
    bool replace = false;  ///< As in PieceStore::Options.
  };

  /// Claims what is there of `root`, or makes room for it. Throws ExitError as PieceStore.
  /// `on_complete` is called once, never before start() returns.
  Fetch(asio::io_context& io, PeerId self, ManifestPtr known, const std::filesystem::path& root, const Options& options, std::function<void()> on_complete);

  void start();
  const ManifestPtr& known() const { return known_; }
  /// Fetches from this one, too. One that is linked already, or was found out to lie, is not dialled again.
  void add_holder(const Holder& holder);
  /// Where those are that are linked.
  std::set<Address> linked() const;

  /// Ends all connections; `on_finished` once, within 2 s.
  void finish(std::function<void()> on_finished);

  void show_progress();
  void end_progress();
  /// Why it has not come to its end, as a sentence.
  std::string explain() const;
  /// How long nobody has been linked.
  Duration alone_for(Instant at) const;
  /// How long the disk has been full.
  Duration without_room_for(Instant at) const { return exchange_.without_room_for(at); }
  /// Those that gave something, in the order of their IDs.
  std::vector<Contribution> contributions() const;

 private:
  Exchange::Hooks hooks();
  void on_event(const Event& event);
  void dial_holder(PeerId peer);
  Progress::Status status() const;

  asio::io_context& io_;
  ManifestPtr known_;
  PieceStore store_;
  Progress progress_;
  std::function<void()> on_complete_;
  std::map<PeerId, Contribution> holders_;
  std::set<PeerId> unreachable_;  ///< Of these, when they were dialled last.
  Exchange exchange_;
  StuckWatch stuck_;
  Instant alone_since_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  ///< A dial may end when this is gone.
};

}  // namespace p2p
