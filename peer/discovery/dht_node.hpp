// A node of the DHT: bytes under keys. It is implemented in a module (opendht_node.cpp), which alone knows OpenDHT and
// is loaded when a DHT is wanted (dht_module.hpp): so everything that both sides use stands in this header. Absent:
// what the bytes mean (announcement.hpp), and when a search has waited long enough (dht_discovery.cpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "peer/discovery/key.hpp"
#include "peer/net/asio.hpp"

namespace p2p {

/// Something that is put: under one key the number tells values apart.
struct DhtValue {
  DhtKey key;
  std::uint64_t number = 0;
  std::vector<std::byte> bytes;
};

struct DhtNodeOptions {
  std::uint32_t network = 1;                    ///< Nodes of different networks ignore each other. Not 0.
  std::optional<asio::ip::address_v4> v4 = {};  ///< Where to listen; at least one of the two.
  std::optional<asio::ip::address_v6> v6 = {};
  std::uint16_t port = 0;         ///< 0: an ephemeral one.
  std::size_t largest_value = 0;  ///< Bytes; larger values are neither kept nor found.
  /// Whether to keep a value that another node puts here. Called on OpenDHT's thread.
  std::function<bool(std::span<const std::byte> bytes, std::uint64_t number)> may_store = nullptr;
  /// Whether it may take the place of what is kept under the same number. Called on OpenDHT's thread.
  std::function<bool(std::span<const std::byte> kept, std::span<const std::byte> other)> may_replace = nullptr;
};

/// All methods on the network thread; none waits but take_back() and the destructor. OpenDHT's own threads end behind
/// it: what they have to say is posted.
class DhtNode {
 public:
  /// How long a value lives at other nodes after it was put there last.
  static constexpr std::chrono::minutes kValueLifetime{5};
  /// Has something done on the network thread, soon. Called on any thread.
  using Post = std::function<void(std::function<void()>)>;

  DhtNode() = default;
  DhtNode(const DhtNode&) = delete;
  DhtNode& operator=(const DhtNode&) = delete;
  /// Nothing is called any more after it.
  virtual ~DhtNode() = default;

  /// Asks whoever is there to be a neighbor.
  virtual void contact(const std::vector<asio::ip::udp::endpoint>& endpoints) = 0;

  /// Keeps the value at the nodes nearest to its key, refreshed before it runs out, until it is cancelled. Again: looks
  /// for nodes that lack it.
  virtual void put(const DhtValue& value) = 0;
  /// Stops refreshing and puts the others in the place of what is there, once. Waits until all nodes that can be
  /// reached have them, or `limit` is over.
  virtual void take_back(const std::vector<DhtValue>& others, std::chrono::milliseconds limit) = 0;

  /// Looks for values under a key: `on_values` as they come, again and again the same ones too, then `on_done` once.
  /// The returned value keeps the search going; without it nothing is called any more.
  virtual std::shared_ptr<void> get(const DhtKey& key,
                                    std::function<void(std::vector<std::vector<std::byte>>)> on_values,
                                    std::function<void()> on_done) = 0;
};

/// Begins a node. `on_connected`: whether another node is known to be up, whenever that changes; on the network thread.
/// The caller owns the result. Throws std::system_error when it cannot listen.
using OpenDhtNode = DhtNode*(const DhtNodeOptions& options, const DhtNode::Post& post,
                             const std::function<void(bool connected)>& on_connected);

/// What a module exports, under these names: what it was built from and with, which must be the same in the program,
/// and how it begins a node.
constexpr const char* kDhtIdentitySymbol = "peer_dht_identity";  ///< A string, which ends with a 0.
constexpr const char* kDhtOpenSymbol = "peer_dht_open";          ///< An OpenDhtNode.

}  // namespace p2p
