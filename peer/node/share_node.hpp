// One process that serves many contents on one port: the first bytes of a connection say which content it is about, or
// that it wants a manifest or a catalog and nothing else (docs/PROTOCOL.md, "Shared folders").
//
// A content's exchange is made when somebody comes for it, and given up when nobody has been there for a while, so that
// thousands of files that nobody wants cost nothing. Everything on the network thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "peer/discovery/catalog_link.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/keys/network.hpp"
#include "peer/node/doorway.hpp"
#include "peer/node/exchange.hpp"
#include "peer/share/library.hpp"
#include "peer/status/board.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {

class ShareNode final : private DoorUses {
 public:
  /// Somebody who fetches one of our files.
  struct Visit {
    std::string name;  ///< One that the content has.
    ContentId id;
    std::uint64_t size = 0;   ///< Of the content.
    std::string address;      ///< Where he came from; empty when that is not known any more.
    std::uint64_t bytes = 0;  ///< Sent so far.
  };
  struct Hooks {
    std::function<void(const Visit&)> on_fetching;  ///< The first bytes have gone to him.
    std::function<void(const Visit&)> on_fetched;   ///< He has left.
    /// As Doorway::Hooks::members. Null: nobody is told of members.
    std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> members;
    std::function<void(const Event&, const ContentName&)> on_event;  ///< Of a content's exchange.
  };

  /// `library` outlives this; its hooks tell offered() and withdrawn(). Hooks may be null.
  ShareNode(asio::io_context& io, Node self, Network network, Library& library, const DoorLimits& limits = {},
            Hooks hooks = {});
  ~ShareNode() override;

  void offered(const Holding& holding);
  void withdrawn(const Holding& holding);

  void add_accepted(StreamPtr stream) { doorway_.accept(std::move(stream)); }
  /// See Listener::start().
  bool make_room() { return doorway_.make_room(); }

  /// Ends all connections; `on_finished` is called once, within a few seconds.
  void finish(std::function<void()> on_finished);

  std::uint64_t sent_bytes() const;
  /// To be called a few times a second where describe_to() is.
  void sample_rates(Instant at);
  /// Adds those who are linked.
  void describe_to(Status& status) const;
  /// Those who fetch now.
  std::vector<Visit> visits() const;

 private:
  struct Served;

  bool exchanges(const std::optional<ContentPrefix>& content) const override {
    return content && ids_.contains(*content);
  }
  bool gives_manifest(const ContentPrefix& content) const override { return ids_.contains(content); }
  bool knows_members_of(const ContentPrefix& network) const override { return hooks_.members && network == members_; }
  bool answers(const ContentPrefix& question) const override {
    return question == everything_ || question == everything_in_full_ || named_.contains(question) ||
           folders_.contains(question) || by_id_.contains(question);
  }

  std::shared_ptr<const std::string> manifest_for(const ContentPrefix& prefix);
  std::shared_ptr<const std::string> catalog_for(const ContentPrefix& key);
  bool room_for_content();
  void count_out(const Served& gone);
  void serve(StreamPtr stream, const Admit& admit);
  Served* served(const ContentPrefix& prefix);
  void drop(const ContentId& id);
  void note_sent(const ContentId& id, PeerId peer, std::uint64_t bytes);
  void note_gone(const ContentId& id, PeerId peer);
  void end_visits(const ContentId& id);
  std::string name_of(const ContentId& id) const;
  std::set<std::string> names_for(const ContentPrefix& key) const;
  void sweep();

  asio::io_context& io_;
  Node self_;
  Network network_;
  Library& library_;
  Hooks hooks_;

  /// A folder of names: the questions that end with a slash.
  struct Folder {
    std::string prefix;     ///< With the slash.
    std::size_t files = 0;  ///< Names that begin so.
  };
  using Holdings = std::map<std::string, Holding>;

  Holdings holdings_;                                  ///< By name.
  std::map<ContentPrefix, ContentId> ids_;             ///< Of what is offered.
  std::map<ContentPrefix, Holdings::iterator> named_;  ///< By catalog_key() of the name,
  std::map<ContentPrefix, ContentId> by_id_;           ///< of the content id's digits,
  std::map<ContentPrefix, Folder> folders_;            ///< and of each folder that names are in.
  ContentPrefix everything_in_full_;                   ///< The same, with what manifests follow from.
  ContentPrefix everything_;                           ///< The catalog_key() of all.
  ContentPrefix members_;                              ///< The members_key() of the network.
  std::map<ContentPrefix, std::shared_ptr<const std::string>> long_catalogs_;  ///< By question; none after a change.

  std::deque<std::pair<PeerId, std::string>>
      callers_;  ///< The callers that came last, and from where; of a bounded length.
  std::map<std::pair<ContentId, PeerId>, Visit> visits_;
  std::map<ContentId, std::unique_ptr<Served>> served_;
  std::vector<std::unique_ptr<Served>> ending_;  ///< Of contents that are no longer offered.
  std::uint64_t sent_before_ = 0;                ///< By exchanges that are gone.
  asio::steady_timer sweep_timer_;
  std::function<void()> on_finished_;
  std::uint32_t most_contents_;
  Doorway doorway_;
};

}  // namespace p2p
