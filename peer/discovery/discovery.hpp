// Finding who has what, without a tracker: every node that is up serves, none is special, any of them may die.
// Absent: transfers (peer/share/), and how a node is dialled (peer/net/dialer.hpp).
//
// Results come from anybody and are only hints: a node may be gone, or have nothing of what is looked for, or lie about
// it. Whoever dials one asks it (holder_search.hpp). docs/PROTOCOL.md, "Discovery", has the bytes and the limits.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/rendezvous.hpp"
#include "peer/keys/network.hpp"
#include "peer/net/asio.hpp"
#include "peer/storage/holding.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// A running `share` process: where its transfer port is, and the ID that it shows in handshakes.
struct Node {
  PeerId peer;
  std::string host;        ///< As others dial it: a name, an IPv4 or an IPv6 address without brackets.
  std::uint16_t port = 0;  ///< Not 0.

  friend auto operator<=>(const Node&, const Node&) = default;
};

/// A node that may know more, and what it is said to hold: nothing, where nothing is said.
struct Found {
  Node node;
  Holding holding = {};

  friend auto operator<=>(const Found&, const Found&) = default;
};

/// One node's part in a network, or a visitor's, who only searches. Everything on the network thread; nothing blocks it
/// but the destructor, for a second at most. The io_context outlives it.
class Discovery {
 public:
  virtual ~Discovery() = default;

  /// Goes on being announced until withdrawn or the end of this object. Again: no effect. A name that others would
  /// refuse (see Holding) is not announced, and a warning says so. Precondition: the options had a `self`.
  virtual void announce(const Holding& holding) = 0;
  /// Takes it back where nodes can be reached; elsewhere it runs out. One that is not announced: no effect.
  virtual void withdraw(const Holding& holding) = 0;

  /// Searches. `on_found` once for each distinct result, then `on_done` once; both on the network thread, never before
  /// the call returns, and not after the end of this object. Within ten seconds done, also when nobody answers; where
  /// nodes answer, in milliseconds, and the first results come before that. Of up to 1,000 holders all are found, of
  /// more of them some; at most 4,096.
  virtual void find_name(const std::string& name, std::function<void(const Found&)> on_found,
                         std::function<void()> on_done) = 0;
  virtual void find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                            std::function<void()> on_done) = 0;
  /// All nodes of the network.
  virtual void find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) = 0;

  /// What came of asking one that was found, which may be worth remembering: its ID, or none when it did not answer.
  virtual void note_answer(const std::string& /*host*/, std::uint16_t /*port*/, std::optional<PeerId> /*peer*/,
                           Duration /*took*/) {}
  /// Tells others that this node ends; `gone` once, within a second.
  virtual void leave(std::function<void()> gone) { gone(); }
};

struct DiscoveryOptions {
  Network network{};                  ///< Nodes of others are never seen.
  std::optional<Node> self = {};      ///< A node that others find; empty for a visitor.
  PeerId visitor = {};                ///< The ID that a visitor shows.
  std::vector<Rendezvous> join = {};  ///< Any nodes that are up; more than one so that one may be dead.
  std::uint16_t port = 0;  ///< UDP port of the DHT; 0: an ephemeral one. A `share` node uses the number of its TCP
                           ///< port, so that HOST:PORT names both.
  bool multicast = true;   ///< Whether nodes on the same link are found without `join`.
  bool dht = false;        ///< Whether a DHT is used beside members: by a node itself; a visitor has nodes use theirs.
};

/// Whether nothing is to leave this machine: the host of `self`, or without it each host of `join`, is a loopback name
/// or address.
bool is_loopback_only(const DiscoveryOptions& options);

/// A node of the DHT, which listens where is_loopback_only() says, else on all interfaces. Throws ExitError: usage when
/// there is no DHT (dht_module.hpp) or `self` is wrong; port_in_use, network.
std::unique_ptr<Discovery> make_dht(asio::io_context& io, DiscoveryOptions options);

}  // namespace p2p
