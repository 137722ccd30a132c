// One content of a gateway that is open: what readers ask for is fetched from all who have it, and what is there is
// given to those who come. The shell around a Fetch.
//
// Who has it is looked for while somebody reads and pieces are missing. Everything on the network thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "peer/discovery/discovery.hpp"
#include "peer/discovery/holder_search.hpp"
#include "peer/http/content_host.hpp"
#include "peer/node/fetch.hpp"
#include "peer/status/board.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {

class GatewayContent {
 public:
  /// What all have in common; outlives them.
  struct Common {
    asio::io_context& io;
    PeerId self;
    Network network;
    Discovery& discovery;
    std::vector<Address> join;
    std::uint16_t port;   ///< Of the door.
    StatusBoard* board;   ///< Null: nobody watches.
    std::uint64_t ahead;  ///< Bytes: so far are all readers of a content together served ahead of their places, where
                          ///< the content has more than that.
  };

  /// Of one whose digests nobody knows beforehand.
  struct Origin {
    Fetch::FromUpstream upstream;
    std::function<void()> on_complete;
  };

  /// How long readers wait while nobody is linked who has anything of what they want, and a search has found nobody.
  static constexpr Duration kAlonePatience = std::chrono::seconds(10);
  /// Between two searches for more holders.
  static constexpr Duration kSearchInterval = std::chrono::seconds(4);
  /// What was asked for so lately is about to be read, and who got a piece so lately is being served.
  static constexpr Duration kLately = std::chrono::seconds(10);

  /// `store` is sparse. `name`: for who watches.
  GatewayContent(const Common& common, ManifestPtr known, std::unique_ptr<PieceStore> store, std::string name,
                 const std::optional<Origin>& origin = {});

  const ManifestPtr& known() const { return fetch_.known(); }
  const std::string& name() const { return name_; }
  /// Of a file of the manifest.
  std::shared_ptr<ByteSource> source(std::size_t file) { return fetch_.readers().source(file); }
  void add_holders(const std::vector<Holder>& holders);
  void add_accepted(StreamPtr stream, const Handshake& handshake) { fetch_.add_accepted(std::move(stream), handshake); }

  // As Fetch has them:
  void take_upstream(PieceIndex piece, const PieceDigest& sha256, std::span<const std::byte> bytes) {
    fetch_.take_upstream(piece, sha256, bytes);
  }
  void fail_upstream(PieceIndex first) { fetch_.fail_upstream(first); }
  void note_upstream(std::uint64_t bytes) { fetch_.note_upstream(bytes); }
  void relocate(const std::filesystem::path& root) { fetch_.relocate(root); }

  bool is_complete() const { return fetch_.is_complete(); }
  /// Not one piece is here.
  bool has_nothing() const { return fetch_.stored().count() == 0; }
  bool is_read() const { return fetch_.readers().count() > 0; }
  /// Read, or about to be, or served to a neighbor.
  bool in_use() const;
  /// Somebody has asked for it.
  void use() { used_ = asked_ = now_(); }
  /// When it was last in use.
  Instant used() const { return used_; }
  /// When somebody last asked for it, or was given a piece.
  Instant wanted_at() const { return std::max(asked_, served_); }
  std::uint64_t stored_bytes() const { return fetch_.stored_bytes(); }
  const Traffic& traffic() const { return fetch_.traffic(); }
  std::size_t readers() const { return fetch_.readers().count(); }
  Duration without_room_for(Instant at) const { return fetch_.without_room_for(at); }
  std::optional<Wait> wait() const { return is_read() ? fetch_.wait() : std::nullopt; }
  void describe_to(Status& status) const { fetch_.describe_to(status, name_, false); }

  /// A few times a second.
  void tick(Instant at);
  /// Gives up so many bytes of pieces that no reader wants, or as many as there are; those with low numbers first,
  /// which readers have passed. Returns how many bytes these were.
  std::uint64_t give_up(std::uint64_t bytes);
  /// Those that wait for bytes.
  void fail_readers(const std::string& why) { fetch_.readers().fail_waiting(why); }
  /// Ends all connections, and fails all readers; `on_finished` once, within 2 s.
  void finish(std::function<void()> on_finished);

 private:
  static Instant now_();
  void look();
  void mind_readers_alone(Instant at);
  std::vector<PieceRange> wanted() const;

  const Common& common_;
  std::string name_;
  Fetch fetch_;
  HolderSearch search_;
  std::set<Address> holders_;  ///< Who have had it.
  bool has_origin_;
  std::uint32_t offering_ = 0;  ///< How many are linked that have something which is wanted.
  Instant alone_since_;         ///< While somebody reads and nobody has anything for it.
  bool looking_ = false;
  bool finishing_ = false;
  Instant look_at_{};
  Instant used_;
  Instant asked_;
  Instant served_{};
  std::uint64_t sent_ = 0;
};

}  // namespace p2p
