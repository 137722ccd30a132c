// The door of a process that fetches: whoever comes is served what has been verified, from the first piece on, and what
// comes with it is taken. What is fetched changes: a name may become another content, and a process may fetch many.
//
// Everything on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/discovery/address.hpp"
#include "peer/discovery/member_discovery.hpp"
#include "peer/keys/network.hpp"
#include "peer/net/listener.hpp"
#include "peer/node/doorway.hpp"
#include "protocol/door/door.hpp"

namespace p2p {

class GetDoor final : private DoorUses {
 public:
  /// What is fetched, as others ask for it.
  struct Offer {
    ContentId id;
    std::uint64_t size;
    /// Without one it is offered by its content id alone: its word on names would be worth nothing.
    std::optional<std::string> name;
    /// The manifest's text; null when it cannot be had.
    std::function<std::shared_ptr<const std::string>()> manifest;
    /// Takes part in the exchange.
    std::function<void(StreamPtr, const Handshake&)> exchange;
    std::function<bool()> is_complete;
  };

  /// Listens on this machine alone when everybody in `join` is there. `port` 0: one that is free. Throws ExitError:
  /// port_in_use, network.
  GetDoor(asio::io_context& io, PeerId self, Network network, const std::vector<Address>& join, std::uint16_t port);

  std::uint16_t port() const { return listener_.port(); }
  /// Under which others reach this machine.
  const std::string& host() const { return host_; }
  /// From now on callers come for this, too; under this name for nothing else.
  void offer(Offer offer);
  /// One that is not offered: no effect. `name`: as it was offered; for one that was offered without, label_of() its
  /// id.
  void withdraw(const std::string& name);
  static std::string label_of(const ContentId& id);
  /// From now on this process is a member: others are told of it, and it answers who asks for members. Again: no
  /// effect. `discovery`: a visitor's before that; outlives this.
  void settle(MemberDiscovery& discovery);
  /// Nobody is let in any more.
  void close();

 private:
  bool exchanges(const std::optional<ContentPrefix>& content) const override;
  bool gives_manifest(const ContentPrefix& content) const override { return exchanges(content); }
  bool answers(const ContentPrefix& question) const override { return questions_.contains(question); }
  bool knows_members_of(const ContentPrefix& network) const override { return discovery_ && network == members_key_; }
  const Offer* offer_of(const ContentPrefix& content) const;
  std::shared_ptr<const std::string> text(Use use, const ContentPrefix& key) const;

  PeerId self_;
  Network network_;
  std::string host_;
  ContentPrefix members_key_;
  MemberDiscovery* discovery_ = nullptr;                      ///< Null before settle().
  std::map<std::string, Offer> offers_;                       ///< By name, or label_of().
  std::map<ContentPrefix, std::set<std::string>> labels_;     ///< By content.
  std::map<ContentPrefix, std::set<std::string>> questions_;  ///< Those that offers are an answer to, and which.
  Listener listener_;
  Doorway doorway_;
};

}  // namespace p2p
