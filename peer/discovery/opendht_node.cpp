// The module that is loaded when a DHT is wanted: a node of OpenDHT. It links nothing of ours, so that a program has
// one of everything whether it is loaded or not.
#include "peer/discovery/dht_node.hpp"

#include <opendht/dhtrunner.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace p2p {
namespace {

/// OpenDHT has a policy for each type of value. Nodes of our networks alone know this one.
constexpr dht::ValueType::Id kType = 0x5050;

using Values = std::vector<std::shared_ptr<dht::Value>>;
using udp = asio::ip::udp;

/// What a node answers in a second, to all and to one address. OpenDHT's own 1,600 and 200 are less than what many
/// nodes on one machine ask of each other when they all start.
constexpr int kRequestsPerSecond = 3'200;
constexpr int kRequestsPerSecondOfOne = 1'600;
constexpr std::size_t kMostStored = 64u << 20;

dht::InfoHash hash_of(const DhtKey& key) { return {reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}; }

std::span<const std::byte> bytes_of(const dht::Value& value) { return std::as_bytes(std::span(value.data)); }

std::shared_ptr<dht::Value> packed(const DhtValue& value) {
  return std::make_shared<dht::Value>(kType, reinterpret_cast<const std::uint8_t*>(value.bytes.data()),
                                      value.bytes.size(), value.number);
}

dht::SockAddr address_of(const udp::endpoint& endpoint) {
  return {endpoint.data(), static_cast<socklen_t>(endpoint.size())};
}

dht::ValueType value_type(const DhtNodeOptions& options) {
  const auto may_store = options.may_store;
  const auto may_replace = options.may_replace;
  const std::size_t largest = options.largest_value;
  return {kType, "p2p announcement", DhtNode::kValueLifetime,
          [=](const dht::InfoHash&, std::shared_ptr<dht::Value>& value, const dht::InfoHash&, const dht::SockAddr&) {
            return value->data.size() <= largest && may_store(bytes_of(*value), value->id);
          },
          [=](const dht::InfoHash&, const std::shared_ptr<dht::Value>& kept, std::shared_ptr<dht::Value>& other,
              const dht::InfoHash&, const dht::SockAddr&) {
            return other->data.size() <= largest && may_replace(bytes_of(*kept), bytes_of(*other));
          }};
}

/// Counts down answers on OpenDHT's thread while the network thread waits.
class Countdown {
 public:
  explicit Countdown(std::size_t left) : left_(left) {}

  void one() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) zero_.notify_one();
  }

  void wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    zero_.wait_for(lock, limit, [&] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  std::size_t left_;
};

/// The runner's callbacks hold on to nothing but weak pointers to this. It is destroyed on the network thread, behind
/// join(), so what was posted before finds it gone.
struct State {
  DhtNode::Post post;
  std::function<void(bool)> on_connected;
  bool connected = false;
  std::size_t largest_value = 0;
  dht::DhtRunner runner;
};

class OpenDht final : public DhtNode {
 public:
  OpenDht(const DhtNodeOptions& options, const Post& post, const std::function<void(bool)>& on_connected);
  ~OpenDht() override { state_->runner.join(); }

  void contact(const std::vector<udp::endpoint>& endpoints) override;
  void put(const DhtValue& value) override;
  void take_back(const std::vector<DhtValue>& others, std::chrono::milliseconds limit) override;
  std::shared_ptr<void> get(const DhtKey& key, std::function<void(std::vector<std::vector<std::byte>>)> on_values,
                            std::function<void()> on_done) override;

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

OpenDht::OpenDht(const DhtNodeOptions& options, const Post& post, const std::function<void(bool)>& on_connected) {
  state_->post = post;
  state_->on_connected = on_connected;
  state_->largest_value = options.largest_value;
  dht::DhtRunner::Config config;
  config.threaded = true;
  dht::Config& node = config.dht_config.node_config;
  node.network = options.network;
  node.max_req_per_sec = kRequestsPerSecond;
  node.max_peer_req_per_sec = kRequestsPerSecondOfOne;
  node.max_store_size = kMostStored;
  if (options.v4) config.bind4 = address_of({*options.v4, options.port});
  if (options.v6) config.bind6 = address_of({*options.v6, options.port});
  dht::DhtRunner::Context context;
  context.statusChangedCallback = [weak = std::weak_ptr(state_), post](dht::NodeStatus v4, dht::NodeStatus v6) {
    const bool connected = std::max(v4, v6) == dht::NodeStatus::Connected;
    post([weak, connected] {
      const auto state = weak.lock();
      if (state && std::exchange(state->connected, connected) != connected) state->on_connected(connected);
    });
  };
  try {
    state_->runner.run(config, std::move(context));
  } catch (const std::exception& error) {
    throw std::system_error(std::make_error_code(std::errc::address_not_available), error.what());
  }
  state_->runner.registerType(value_type(options));
}

void OpenDht::contact(const std::vector<udp::endpoint>& endpoints) {
  std::vector<dht::SockAddr> addresses;
  for (const udp::endpoint& endpoint : endpoints) addresses.push_back(address_of(endpoint));
  if (!addresses.empty()) state_->runner.bootstrap(std::move(addresses), dht::DoneCallbackSimple{});
}

void OpenDht::put(const DhtValue& value) {
  constexpr bool kPermanent = true;
  state_->runner.put(hash_of(value.key), packed(value), dht::DoneCallbackSimple{}, dht::time_point::max(), kPermanent);
}

void OpenDht::take_back(const std::vector<DhtValue>& others, std::chrono::milliseconds limit) {
  if (others.empty()) return;
  const auto countdown = std::make_shared<Countdown>(others.size());
  for (const DhtValue& other : others) {
    const dht::InfoHash hash = hash_of(other.key);
    state_->runner.cancelPut(hash, other.number);
    const auto value = packed(other);
    value->seq = 1;  // OpenDHT sends a value to a node that has its number already only when it is a later one
    state_->runner.put(hash, value, dht::DoneCallbackSimple([countdown](bool) { countdown->one(); }));
  }
  if (limit.count() > 0) countdown->wait(limit);
}

std::shared_ptr<void> OpenDht::get(const DhtKey& key,
                                   std::function<void(std::vector<std::vector<std::byte>>)> on_values,
                                   std::function<void()> on_done) {
  struct Search {
    std::function<void(std::vector<std::vector<std::byte>>)> on_values;
    std::function<void()> on_done;
  };
  const auto search = std::make_shared<Search>(Search{std::move(on_values), std::move(on_done)});
  const std::weak_ptr weak = search;
  state_->runner.get(
      hash_of(key),
      dht::GetCallback([weak, post = state_->post, largest = state_->largest_value](const Values& values) {
        if (weak.expired()) return false;
        std::vector<std::vector<std::byte>> found;
        for (const auto& value : values) {
          const auto bytes = bytes_of(*value);
          if (value->type == kType && bytes.size() <= largest) found.emplace_back(bytes.begin(), bytes.end());
        }
        if (found.empty()) return true;
        post([weak, found = std::move(found)]() mutable {
          if (const auto alive = weak.lock()) alive->on_values(std::move(found));
        });
        return true;
      }),
      dht::DoneCallbackSimple([weak, post = state_->post](bool) {
        post([weak] {
          if (const auto alive = weak.lock()) alive->on_done();
        });
      }));
  return search;
}

}  // namespace
}  // namespace p2p

#pragma GCC visibility push(default)
extern "C" {

extern const char peer_dht_identity[];
const char peer_dht_identity[] = PEER_DHT_IDENTITY;

p2p::DhtNode* peer_dht_open(const p2p::DhtNodeOptions& options, const p2p::DhtNode::Post& post,
                            const std::function<void(bool)>& on_connected) {
  return new p2p::OpenDht(options, post, on_connected);
}

}  // extern "C"
#pragma GCC visibility pop
