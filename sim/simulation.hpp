// A whole swarm on virtual time, and what may go wrong in it. One scenario with one seed gives one run, exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/geometry.hpp"
#include "sim/event_queue.hpp"
#include "sim/measure.hpp"
#include "sim/network.hpp"
#include "sim/peer.hpp"
#include "sim/readers.hpp"
#include "sim/referee.hpp"

namespace p2p::sim {

/// Faults come at random times in the first `until`; then everything is healed.
struct Faults {
  Duration until{};
  double churn = 0;                  ///< Share of the peers that crash once and come back.
  double resets_per_s = 0;           ///< Connections that are cut, over the whole swarm.
  std::uint32_t partitions = 0;      ///< How often the hosts are split in two halves for a while.
  std::uint32_t one_way_blocks = 0;  ///< How often a host hears nobody for a while.
  std::uint32_t slow_readers = 0;    ///< How often a host does not read for a while.
  std::uint32_t full_disks = 0;      ///< How often a host cannot store for a while.
};

struct Scenario {
  std::uint32_t peers = 10;  ///< Seeds and leechers. Peer i is host i, has ID i, and stands on line i.
  std::uint32_t seeds = 1;   ///< The first peers have the file.
  Geometry geometry{1024u * 65536, 65536};
  std::uint32_t preferred_neighbors = 4;
  Duration unchoking_interval = std::chrono::seconds(5);
  Duration optimistic_interval = std::chrono::seconds(15);
  std::uint32_t max_connections = 0;
  ChokingPolicy choking_policy = ChokingPolicy::course;
  std::uint32_t max_pipeline = SwarmConfig::kDefaultPipeline;
  std::function<HostSpec(HostId)> host = [](HostId) { return HostSpec{}; };
  NetworkSpec network;
  DiskSpec disk;
  Faults faults;
  std::vector<HostId> absent = {};       ///< Listed, and not started by themselves; not the seed.
  Duration patience = Duration::zero();  ///< Of a complete peer for those that left unfinished.
  /// No list: the first peer shares the file and stays; the others are getters that begin with it alone,
  /// `join_interval` one after the other, and leave when they are complete and all that others asked of them is sent.
  /// One seed; no referee.
  bool open = false;
  Duration join_interval{};
  std::vector<ReaderSpec> readers = {};
  std::optional<ChunkScenario> chunks = {};  ///< Chunk folders in the place of geometry and seeds.
  std::uint64_t seed = 1;
  bool referee = true;  ///< Off for large runs: it decodes everything once more.
};

class Simulation : public NetworkUser, public PeerObserver {
 public:
  explicit Simulation(Scenario scenario);

  /// Runs until all peers have left or nothing more is due before `limit`. Throws Breach.
  void run(Instant limit);
  /// Before run(): does something at a time of its own.
  void at(Instant when, std::function<void(Simulation&)> action);
  /// Called for each event of each peer.
  void observe(std::function<void(HostId, const p2p::Event&, Instant)> observer) { observer_ = std::move(observer); }

  Instant now() const { return now_; }
  bool all_left() const;
  /// All that were ever started have the whole file.
  bool all_started_complete() const;
  Measures measures() const;
  ReaderMeasures reader_measures() const { return readers_.measures(); }
  Peer& peer(HostId host) { return *peers_[host]; }
  /// Who has what of a chunk. Precondition: the scenario has chunks.
  const Copies& copies() const { return *copies_; }
  Network& network() { return network_; }
  std::uint64_t events_handled() const { return events_handled_; }

 private:
  void on_opened(HostId host, End end, HostId remote) override;
  void on_refused(HostId host, HostId remote) override;
  void on_accepted(HostId host, End end) override;
  void on_bytes(HostId host, End end, std::span<const std::byte> bytes) override;
  void on_payload(HostId host, End end, std::uint32_t bytes) override;
  void on_writable(HostId host, End end) override;
  void on_ended(HostId host, End end) override;
  void on_event(HostId host, const p2p::Event& event) override;
  void on_sent(HostId host, End end, std::span<const std::byte> control, std::uint32_t payload) override;
  void on_link(HostId host, End end, bool begins) override;
  void on_settled(HostId host) override;

  SwarmConfig open_config(HostId host) const;
  void start_open();
  void start_readers();
  void read(std::uint32_t reader);
  Instant started(HostId host) const {
    return scenario_.open && host > 0 ? Instant{} + (host - 1) * scenario_.join_interval : Instant{};
  }
  void plan_faults();
  Instant random_time(double from_share, double to_share);
  HostId random_host() { return random_.below(scenario_.peers); }

  Scenario scenario_;
  std::shared_ptr<Copies> copies_;  ///< Null without chunks.
  Random random_;
  EventQueue agenda_;
  Network network_;
  std::optional<Referee> referee_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::optional<Instant>> completed_;
  Readers readers_;
  std::uint32_t first_reader_action_ = 0;  ///< In actions_: what to do when the time of the first reader has come.
  std::uint32_t getters_left_ = 0;         ///< In an open swarm: how many are not complete yet.
  std::vector<std::function<void(Simulation&)>> actions_;
  std::function<void(HostId, const p2p::Event&, Instant)> observer_;
  std::vector<char> side_;  ///< During a partition: which half a host is in.
  bool partitioned_ = false;
  std::vector<char> deaf_;  ///< During a one-way block: hears nobody.
  Instant now_{};
  std::uint64_t events_handled_ = 0;
};

}  // namespace p2p::sim
