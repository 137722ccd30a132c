#include "tests/sim/random_scenario.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "protocol/random.hpp"
#include "protocol/swarm/neighbor_graph.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

/// Draws with the distributions that a scenario needs.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + random_.below(high - low + 1); }
  double between(double low, double high) { return low + (high - low) * random_.unit(); }
  /// Small values as likely as large ones.
  double scaled(double low, double high) { return low * std::pow(high / low, random_.unit()); }
  bool maybe(double probability = 0.5) { return random_.unit() < probability; }
  std::uint64_t seed() { return random_.next(); }

 private:
  Random random_;
};

/// Some kinds of faults, each in half of all scenarios, so that they meet in all combinations.
Faults random_faults(Draw& draw, double fluid_s) {
  Faults faults;
  faults.until = from_seconds(fluid_s * draw.scaled(0.5, 3));
  if (draw.maybe()) faults.churn = 0.3;
  if (draw.maybe()) faults.resets_per_s = draw.scaled(0.05, 5);
  if (draw.maybe()) faults.partitions = draw.between(1u, 3u);
  if (draw.maybe()) faults.one_way_blocks = draw.between(1u, 3u);
  if (draw.maybe()) faults.slow_readers = draw.between(1u, 3u);
  if (draw.maybe()) faults.full_disks = draw.between(1u, 3u);
  return faults;
}

/// Hosts of different speed at different distances; the same ones whenever they are asked for.
std::function<HostSpec(HostId)> random_hosts(Draw& draw, std::uint32_t count, double up_Bps) {
  std::vector<HostSpec> hosts;
  const bool equal = draw.maybe();
  const double latency_s = draw.maybe(0.2) ? 0 : draw.scaled(0.0001, 0.1);
  for (std::uint32_t i = 0; i < count; ++i) {
    const double speed = equal ? 1 : draw.scaled(0.25, 4);
    hosts.push_back({.up_Bps = speed * up_Bps,
                     .down_Bps = speed * up_Bps * draw.scaled(1, 8),
                     .latency = from_seconds(latency_s * draw.between(0.5, 1.0))});
  }
  return [hosts](HostId host) { return hosts[host]; };
}

/// Readers at some of the leechers, anywhere in the file, that come at any time.
std::vector<ReaderSpec> random_readers(Draw& draw, const Scenario& s, double upload_s) {
  std::vector<ReaderSpec> readers(draw.between(1u, 8u));
  for (ReaderSpec& reader : readers)
    reader = {.host = draw.between(s.seeds, s.peers - 1),
              .first = PieceIndex{draw.maybe() ? 0 : draw.between(0u, s.geometry.piece_count() - 1)},
              .after = draw.maybe() ? Duration::zero() : from_seconds(draw.between(0.0, upload_s)),
              .rate_Bps = draw.maybe() ? 0 : static_cast<double>(s.geometry.total_size()) / upload_s,
              .count = draw.between(1u, 64u)};
  return readers;
}

double fluid_s(const Scenario& s) {
  Observed o;
  o.file_size = s.geometry.total_size();
  for (HostId i = 0; i < s.peers; ++i) {
    const HostSpec host = s.host(i);
    (i < s.seeds ? o.seed_up_Bps : o.leecher_up_Bps).push_back(host.up_Bps);
    if (i >= s.seeds) o.leecher_down_Bps.push_back(host.down_Bps);
  }
  return fluid_bound_s(o);
}

}  // namespace

Scenario random_scenario(std::uint64_t seed) {
  Draw draw(seed);
  Scenario s;
  s.peers = draw.between(4u, 12u);
  s.seeds = draw.maybe(0.2) ? 2 : 1;
  const std::uint32_t piece = draw.between(1u, 64u) * 256;
  const std::uint32_t pieces = draw.between(16u, 64u);
  s.geometry = Geometry(std::uint64_t{pieces} * piece - (draw.maybe() ? draw.between(1u, piece - 1) : 0), piece);
  s.preferred_neighbors = draw.between(0u, 4u);
  s.unchoking_interval = from_seconds(draw.scaled(0.5, 10));
  s.optimistic_interval = from_seconds(draw.scaled(0.5, 30));
  s.max_connections = draw.maybe() ? 0 : draw.between(4u, std::max(4u, s.peers));
  s.choking_policy = draw.maybe() ? ChokingPolicy::course : ChokingPolicy::cooperative;
  s.max_pipeline = draw.maybe() ? SwarmConfig::kDefaultPipeline : draw.between(1u, 8u);

  const double upload_s = draw.scaled(2, 40);  // the file, once over one uplink
  s.host = random_hosts(draw, s.peers, static_cast<double>(s.geometry.total_size()) / upload_s);
  s.network.chunk = draw.maybe() ? piece : std::max(512u, piece / 4);
  s.network.send_buffer = piece * draw.between(0u, 4u);
  s.network.window = s.network.chunk * draw.between(1u, 16u);
  s.network.split_probability = draw.maybe() ? 0 : draw.between(0.1, 1.0);
  s.disk.delay = draw.maybe() ? Duration::zero() : from_seconds(draw.scaled(0.001, 0.5));
  s.disk.fault_probability = draw.maybe(0.7) ? 0 : draw.between(0.01, 0.3);
  s.faults = random_faults(draw, fluid_s(s));
  s.seed = draw.seed();
  if (draw.maybe()) s.readers = random_readers(draw, s, upload_s);
  return s;
}

std::string describe(const Scenario& s) {
  char line[512];
  std::snprintf(line, sizeof line,
                "%u peers (%u seeds), %u pieces of %u bytes, k %u, p %.2f s, m %.2f s, MaxConnections %u, %s, pipeline "
                "%u, split %.2f, disk delay %.3f s, "
                "disk faults %.2f; for %.2f s: churn %.1f, resets %.2f/s, partitions %u, one-way blocks %u, slow "
                "readers %u, full disks %u; %zu readers of the file",
                s.peers, s.seeds, s.geometry.piece_count(), s.geometry.piece_size(), s.preferred_neighbors,
                seconds(s.unchoking_interval), seconds(s.optimistic_interval), s.max_connections,
                s.choking_policy == ChokingPolicy::course ? "course" : "cooperative", s.max_pipeline,
                s.network.split_probability, seconds(s.disk.delay), s.disk.fault_probability, seconds(s.faults.until),
                s.faults.churn, s.faults.resets_per_s, s.faults.partitions, s.faults.one_way_blocks,
                s.faults.slow_readers, s.faults.full_disks, s.readers.size());
  return line;
}

namespace {

/// How long the swarm may take after the faults, generously: many times what fluid would take; and at each step of the
/// longest way of a piece a wait for an optimistic slot; and once the longest waits for an answer and before a dial.
double allowed_s(const Scenario& s) {
  constexpr double kFluidBounds = 10;
  constexpr double kPatience_s = 60;
  constexpr double kBackoff_s = 7.5;
  const double disk_s = s.geometry.piece_count() * seconds(s.disk.delay);
  const double turn_s = seconds(s.unchoking_interval) + 2 * seconds(s.optimistic_interval);
  return kFluidBounds * (fluid_s(s) + disk_s) + s.peers * turn_s + kPatience_s + kBackoff_s;
}

/// Watches a run for what the referee does not: who is complete when, and why links end.
struct Witness {
  std::uint32_t incomplete;
  Instant completed{};
  std::uint32_t links_lost = 0;
  std::string blame{};

  void operator()(HostId host, const p2p::Event& event, Instant now) {
    if (std::holds_alternative<FileCompleted>(event)) {
      --incomplete;
      completed = now;
    } else if (const auto* closed = std::get_if<LinkClosed>(&event)) {
      links_lost += incomplete > 0;
      on_closed(host, closed->reason, now);
    } else if (const auto* stranger = std::get_if<StrangerClosed>(&event)) {
      on_closed(host, stranger->reason, now);
    }
  }

  void on_closed(HostId host, const std::string& reason, Instant now) {
    if (!blame.empty() || !reason.starts_with("protocol violation")) return;
    blame = "host " + std::to_string(host) + " at " + std::to_string(seconds(now.time_since_epoch())) + " s: " + reason;
  }
};

/// What is wrong with how peers part; empty when nothing is.
std::string wrong_parting(const Scenario& scenario, Simulation& simulation) {
  const NeighborGraph graph(scenario.peers, scenario.max_connections);
  std::uint32_t remaining = 0;
  for (HostId host = 0; host < scenario.peers; ++host) {
    Peer& peer = simulation.peer(host);
    if (peer.left()) continue;
    ++remaining;
    const std::string who = "host " + std::to_string(host);
    if (!peer.running()) return who + " neither runs nor has left";
    const auto neighbors = graph.neighbors(host);
    const auto running =
        std::ranges::count_if(neighbors, [&](HostId other) { return simulation.peer(other).running(); });
    const std::uint32_t linked = peer.swarm().linked_neighbors();
    if (linked != running)
      return who + " has " + std::to_string(linked) + " links, and " + std::to_string(running) + " neighbors that run";
    if (running == std::ssize(neighbors)) return who + " waits though all its neighbors run and are complete";
  }
  if (scenario.faults.resets_per_s > 0) return {};
  const auto crashed = static_cast<std::uint32_t>(scenario.faults.churn * scenario.peers);
  if (remaining > crashed)
    return std::to_string(remaining) + " peers remain, no link was cut, and only " + std::to_string(crashed) +
           " crashed";
  return {};
}

}  // namespace

Outcome run_checked(const Scenario& scenario) {
  Outcome outcome;
  outcome.deadline = Instant{} + scenario.faults.until + from_seconds(allowed_s(scenario));
  Witness witness{.incomplete = scenario.peers - scenario.seeds};
  try {
    Simulation simulation(scenario);
    simulation.observe([&witness](HostId host, const p2p::Event& event, Instant now) { witness(host, event, now); });
    simulation.run(outcome.deadline);
    outcome.ended = simulation.now();
    for (HostId host = 0; host < scenario.peers; ++host) outcome.remaining += !simulation.peer(host).left();
    if (!witness.blame.empty())
      outcome.failure = witness.blame;
    else if (witness.incomplete > 0)
      outcome.failure = std::to_string(witness.incomplete) + " peers are incomplete at " +
                        std::to_string(seconds(outcome.deadline.time_since_epoch())) + " s";
    else
      outcome.failure = wrong_parting(scenario, simulation);
  } catch (const Breach& breach) {
    outcome.failure = breach.what();
  }
  outcome.completed = witness.completed;
  outcome.links_lost = witness.links_lost;
  return outcome;
}

}  // namespace p2p::sim
