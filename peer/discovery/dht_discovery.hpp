// Discovery by a DHT: each node and each holding is an announcement under a key, each search a look at one key.
// Absent: who keeps what where (dht_node.hpp), and how values are told from junk (announcement.hpp).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "peer/discovery/announcement.hpp"
#include "peer/discovery/dht_node.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/discovery/lifetime.hpp"

namespace p2p {

class DhtDiscovery final : public Discovery, private Lifetime {
 public:
  /// How many holdings are announced at a time. One more takes the place of the oldest: the DHT is for what is asked
  /// for now, and each announcement is kept alive at eight nodes and taken back at the end.
  static constexpr std::size_t kMostAnnounced = 256;

  /// Precondition: there is a DHT (dht_module.hpp), and `self`, if there is one, is valid. Throws std::system_error
  /// when it cannot listen.
  DhtDiscovery(asio::io_context& io, DiscoveryOptions options, const DhtNodeOptions& node_options);
  ~DhtDiscovery() override;

  void announce(const Holding& holding) override;
  void withdraw(const Holding& holding) override;
  void find_name(const std::string& name, std::function<void(const Found&)> on_found,
                 std::function<void()> on_done) override;
  void find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                    std::function<void()> on_done) override;
  void find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// One announcement, under each of its keys.
  struct Published {
    AnnouncementSecret secret;
    Announcement announcement;
    std::vector<DhtValue> values;
  };

  struct Search {
    explicit Search(asio::io_context& io) : timer(io), held_timer(io) {}

    DhtKey key = {};
    std::function<bool(const Announcement&)> matches;  ///< Whether it stands rightly under the key.
    std::function<void(const Announcement&)> on_found;
    std::function<void()> on_done;
    std::set<std::pair<Node, std::optional<Holding>>> results;
    std::map<Sha256Digest, Announcement> held;  ///< By seal: found, and not told yet.
    std::set<Sha256Digest> withdrawn;           ///< Seals.
    Clock::time_point deadline;
    asio::steady_timer timer;
    asio::steady_timer held_timer;
    std::shared_ptr<void> running;  ///< Null until we are connected.
  };

  void publish_some();
  void publish(const std::optional<Holding>& holding, const std::vector<DhtKey>& keys);
  void append_withdrawals(const Published& published, std::vector<DhtValue>& to) const;

  void on_connected(bool connected);
  void contact_all();
  void contact_after(Clock::duration wait);

  void find_holdings(const DhtKey& key, std::function<bool(const Holding&)> matches,
                     std::function<void(const Found&)> on_found, std::function<void()> on_done);
  void start(const DhtKey& key, std::function<bool(const Announcement&)> matches,
             std::function<void(const Announcement&)> on_found, std::function<void()> on_done);
  void begin(const std::shared_ptr<Search>& search);
  void look(const std::shared_ptr<Search>& search);
  void take(const std::shared_ptr<Search>& search, const std::vector<std::vector<std::byte>>& values);
  /// Tells what is new of it. Returns false when whoever was told ended this object.
  bool report(const std::shared_ptr<Search>& search, const std::vector<Announcement>& announcements);
  bool report_held(const std::shared_ptr<Search>& search);
  void end_at(const std::shared_ptr<Search>& search, Clock::time_point deadline);
  void finish(const std::shared_ptr<Search>& search);

  asio::io_context& io_;
  DiscoveryOptions options_;
  asio::ip::udp::resolver resolver_;
  asio::steady_timer contact_timer_;
  asio::steady_timer pace_timer_;
  std::map<std::optional<Holding>, Published> published_;  ///< By what they announce; empty: the node itself.
  std::deque<Holding> announced_;                          ///< The oldest first; some of them soon.
  bool publishing_ = false;                                ///< At the end of pace_timer_.
  std::set<std::shared_ptr<Search>> searches_;
  bool connected_ = false;
  std::unique_ptr<DhtNode> node_;
};

}  // namespace p2p
