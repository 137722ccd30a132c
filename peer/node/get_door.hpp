// The door of a process that fetches: whoever comes is served what has been verified, from the first piece on, and what
// comes with it is taken. One content at a time: what the name means may change while it is fetched.
//
// Everything on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "peer/content/known_manifest.hpp"
#include "peer/net/listener.hpp"
#include "peer/node/doorway.hpp"
#include "protocol/door/door.hpp"

namespace p2p {

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
  /// From now on this is what callers come for; none: nothing.
  void offer(std::optional<Offer> offer);
  /// From now on callers are told of members, too: what `text` says, as Doorway::Hooks::members.
  void answer_members(std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> text);
  /// Nobody is let in any more.
  void close();

 private:
  bool exchanges(const std::optional<ContentPrefix>& content) const override;
  bool gives_manifest(const ContentPrefix& content) const override { return exchanges(content); }
  bool answers(const ContentPrefix& question) const override { return questions_.contains(question); }
  bool knows_members_of(const ContentPrefix& network) const override { return members_ && network == members_key_; }
  std::shared_ptr<const std::string> text(Use use) const;

  std::string network_;
  std::string host_;
  ContentPrefix members_key_;
  std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> members_;
  std::optional<Offer> offer_;
  std::set<ContentPrefix> questions_;  ///< Those that the offer is an answer to.
  Listener listener_;
  Doorway doorway_;
};

}  // namespace p2p
