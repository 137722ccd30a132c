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
#include "peer/net/listener.hpp"
#include "peer/node/doorway.hpp"
#include "protocol/door/door.hpp"

namespace p2p {

/// Where to listen: on this machine alone when everybody that we begin with is there.
std::string get_door_host(const std::vector<Address>& join);

class GetDoor final : private DoorUses {
 public:
  /// What is fetched, as others ask for it.
  struct Offer {
    ManifestPtr known;
    std::string name;
    /// Takes part in the exchange.
    std::function<void(StreamPtr, const Handshake&)> exchange;
    std::function<bool()> is_complete;
  };

  /// `host`: as Listener's; `port` 0: one that is free. Throws ExitError: port_in_use, network.
  GetDoor(asio::io_context& io, PeerId self, std::string network, const std::string& host, std::uint16_t port);

  const std::string& host() const { return host_; }
  std::uint16_t port() const { return listener_.port(); }
  /// From now on callers come for this, too; under this name for nothing else.
  void offer(Offer offer);
  /// One that is not offered: no effect.
  void withdraw(const std::string& name);
  /// From now on callers are told of members, too: what `text` says, as Doorway::Hooks::members.
  void answer_members(std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> text);
  /// Nobody is let in any more.
  void close();

 private:
  bool exchanges(const std::optional<ContentPrefix>& content) const override;
  bool gives_manifest(const ContentPrefix& content) const override { return exchanges(content); }
  bool answers(const ContentPrefix& question) const override { return questions_.contains(question); }
  bool knows_members_of(const ContentPrefix& network) const override { return members_ && network == members_key_; }
  const Offer* offer_of(const ContentPrefix& content) const;
  std::shared_ptr<const std::string> text(Use use, const ContentPrefix& key) const;

  std::string network_;
  std::string host_;
  ContentPrefix members_key_;
  std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> members_;
  std::map<std::string, Offer> offers_;                       ///< By name.
  std::map<ContentPrefix, std::set<std::string>> questions_;  ///< Those that offers are an answer to, and which.
  Listener listener_;
  Doorway doorway_;
};

}  // namespace p2p
