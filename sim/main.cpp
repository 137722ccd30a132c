// swarm_sim: a swarm on virtual time, from the command line.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sim/simulation.hpp"

namespace {

using namespace p2p;
using namespace p2p::sim;

struct Arguments {
  std::uint32_t peers = 10;
  std::uint32_t seeds = 1;
  std::uint64_t size = 1ull << 30;
  std::uint64_t piece = 1u << 20;
  double up_bps = 1e9;
  double down_bps = 0;
  double latency_ms = 1;
  std::uint32_t k = 4;
  double p = 5;
  double m = 15;
  std::uint32_t max_connections = 0;
  ChokingPolicy policy = ChokingPolicy::course;
  std::uint32_t pipeline = SwarmConfig::kDefaultPipeline;
  double churn = 0;
  double resets = 0;
  std::uint32_t partitions = 0;
  double faults_s = 0;
  double disk_ms = 0;
  double split = 0;
  double limit_s = 86'400;
  std::uint64_t seed = 1;
  bool open = false;
  double join_interval_s = 0;
  bool stream = false;
  std::uint32_t streaming = 0;
  std::uint32_t stream_window = 64;
  std::uint32_t places = 1;
  double stream_bps = 0;
  double stream_after_s = 0;
  std::uint32_t slow_seeds = 0;
  bool referee = false;
  bool json = false;
};

/// Throws CLI::ParseError.
void parse(int argc, char** argv, Arguments& a, CLI::App& app) {
  const CLI::AsSizeValue size(false);
  const CLI::AsNumberWithUnit rate(
      std::map<std::string, double>{{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}},
      CLI::AsNumberWithUnit::CASE_INSENSITIVE, "RATE");
  app.add_option("--peers", a.peers, "Seeds and leechers")->check(CLI::Range(2u, 100'000u))->capture_default_str();
  app.add_option("--seeds", a.seeds, "How many have the file")->check(CLI::Range(1u, 100'000u))->capture_default_str();
  app.add_option("--size", a.size, "File size, such as 1GiB")->transform(size)->capture_default_str();
  app.add_option("--piece", a.piece, "Piece size, such as 1MiB")->transform(size)->capture_default_str();
  app.add_option("--up", a.up_bps, "Each peer's uplink, such as 100Mbit (default 1Gbit)")->transform(rate);
  app.add_option("--down", a.down_bps, "Each peer's downlink (default: as --up)")->transform(rate);
  app.add_option("--latency", a.latency_ms, "One way between two peers, ms")
      ->check(CLI::Range(0.0, 10'000.0))
      ->capture_default_str();
  app.add_option("-k", a.k, "NumberOfPreferredNeighbors")->capture_default_str();
  app.add_option("-p", a.p, "UnchokingInterval, s")->check(CLI::Range(0.001, 1e6))->capture_default_str();
  app.add_option("-m", a.m, "OptimisticUnchokingInterval, s")->check(CLI::Range(0.001, 1e6))->capture_default_str();
  app.add_option("--max-connections", a.max_connections, "MaxConnections (default: a full mesh)")
      ->check(CLI::Range(4u, 65'535u));
  const std::map<std::string, ChokingPolicy> policies{{"course", ChokingPolicy::course},
                                                      {"cooperative", ChokingPolicy::cooperative}};
  app.add_option("--policy", a.policy, "ChokingPolicy: course or cooperative")
      ->transform(CLI::CheckedTransformer(policies).description("course or cooperative"))
      ->default_str("course");
  app.add_option("--pipeline", a.pipeline, "Most open requests on a link")
      ->check(CLI::Range(1u, 4096u))
      ->capture_default_str();
  app.add_option("--churn", a.churn, "Share of the peers that crash once and come back, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--resets", a.resets, "Connections cut a second, over the whole swarm")->check(CLI::Range(0.0, 1e6));
  app.add_option("--partitions", a.partitions, "How often the swarm is split in two");
  app.add_option("--faults-for", a.faults_s, "Faults come in the first so many seconds (default: the fluid bound)")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--disk-delay", a.disk_ms, "From the last byte of a piece until it is stored, ms")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--split", a.split, "Probability that control bytes arrive in two parts")->check(CLI::Range(0.0, 1.0));
  app.add_option("--limit", a.limit_s, "Give up after so much virtual time, s")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--seed", a.seed, "The run's seed: the same seed gives the same run")->capture_default_str();
  app.add_flag("--referee", a.referee, "Check every frame against the safety claims (slower)");
  auto* const open = app.add_flag(
      "--open", a.open, "One sharer and getters that find each other through it, and leave when they are complete");
  app.add_option("--join-interval", a.join_interval_s, "With --open: between two getters, s")
      ->needs(open)
      ->check(CLI::Range(0.0, 1e6));
  open->excludes("--max-connections")->excludes("--seeds")->excludes("--referee");
  auto* const stream = app.add_flag("--stream", a.stream,
                                    "Peers read the file from its start while it comes; told beside the same swarm "
                                    "without readers");
  app.add_option("--streaming", a.streaming, "With --stream: how many of the leechers read (default: all)")
      ->needs(stream);
  app.add_option("--stream-window", a.stream_window, "With --stream: pieces that a reader wants to come first")
      ->needs(stream)
      ->check(CLI::Range(1u, 1024u))
      ->capture_default_str();
  app.add_option("--stream-places", a.places, "With --stream: readers of each peer, that begin evenly over the file")
      ->needs(stream)
      ->check(CLI::Range(1u, 1024u))
      ->capture_default_str();
  app.add_option("--stream-rate", a.stream_bps, "With --stream: how fast each reads (default: as fast as it comes)")
      ->needs(stream)
      ->transform(rate);
  app.add_option("--stream-after", a.stream_after_s, "With --stream: when readers come, s from the start of their peer")
      ->needs(stream)
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--slow-seeds", a.slow_seeds, "So many of the seeds have a hundredth of the others' uplink");
  app.add_flag("--json", a.json, "One JSON object on stdout");
  app.parse(argc, argv);
  if (a.down_bps == 0) a.down_bps = a.up_bps;
  if (!Geometry::valid(a.size, a.piece))
    throw CLI::ValidationError("--piece", "expected 1 byte to 64 MiB, and at most 2^31 - 1 pieces");
  if (a.seeds >= a.peers) throw CLI::ValidationError("--seeds", "expected fewer than --peers");
  if (a.streaming > a.peers - a.seeds) throw CLI::ValidationError("--streaming", "expected at most the leechers");
  if (a.up_bps <= 0 || a.down_bps <= 0) throw CLI::ValidationError("--up", "expected a rate above 0");
}

Scenario scenario_of(const Arguments& a) {
  Scenario s;
  s.peers = a.peers;
  s.seeds = a.seeds;
  s.geometry = Geometry(a.size, a.piece);
  s.preferred_neighbors = a.k;
  s.unchoking_interval = from_seconds(a.p);
  s.optimistic_interval = from_seconds(a.m);
  s.max_connections = a.max_connections;
  s.choking_policy = a.policy;
  s.max_pipeline = a.pipeline;
  const HostSpec host{.up_Bps = a.up_bps / 8, .down_Bps = a.down_bps / 8, .latency = from_seconds(a.latency_ms / 2000)};
  s.host = [host, slow = a.slow_seeds](HostId i) {
    HostSpec spec = host;
    if (i < slow) spec.up_Bps /= 100;
    return spec;
  };
  // Enough to keep a path full, as TCP's own windows grow to be.
  const double path_bytes = host.up_Bps * 2 * a.latency_ms / 1000;
  s.network.window = static_cast<std::uint32_t>(std::min(64e6, std::max(512.0 * 1024, 2 * path_bytes)));
  // Fine enough to share an uplink fairly, coarse enough to keep events few.
  s.network.chunk = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(a.piece / 4, 1024, 256 * 1024));
  s.network.split_probability = a.split;
  s.disk.delay = from_seconds(a.disk_ms / 1000);
  const double bound_s = static_cast<double>(a.size) / host.up_Bps;
  s.faults = {.until = from_seconds(a.faults_s > 0 ? a.faults_s : bound_s),
              .churn = a.churn,
              .resets_per_s = a.resets,
              .partitions = a.partitions};
  s.seed = a.seed;
  s.referee = a.referee;
  s.open = a.open;
  s.join_interval = from_seconds(a.join_interval_s);
  return s;
}

std::vector<ReaderSpec> readers_of(const Arguments& a) {
  std::vector<ReaderSpec> readers;
  const std::uint32_t streaming = a.streaming > 0 ? a.streaming : a.peers - a.seeds;
  const std::uint32_t pieces = Geometry(a.size, a.piece).piece_count();
  for (HostId host = a.peers - streaming; host < a.peers; ++host)
    for (std::uint32_t place = 0; place < std::min(a.places, pieces); ++place)
      readers.push_back({.host = host,
                         .first = PieceIndex{static_cast<std::uint32_t>(std::uint64_t{pieces} * place / a.places)},
                         .after = from_seconds(a.stream_after_s),
                         .rate_Bps = a.stream_bps / 8,
                         .count = a.stream_window});
  return readers;
}

/// `without`: of the same swarm without readers.
void print_readers(const Arguments& a, const Measures& m, const ReaderMeasures& r, const Measures& without) {
  const double piece_s = static_cast<double>(a.piece) * 8 / a.down_bps;
  std::printf("readers: first byte after %.3f s at most, %.3f s in the mean (%.1f and %.1f piece times)\n",
              r.first_byte_s, r.first_byte_mean_s, r.first_byte_s / piece_s, r.first_byte_mean_s / piece_s);
  std::printf("readers: longest stall %.3f s (%.1f piece times), the last has read all after %.3f s", r.longest_stall_s,
              r.longest_stall_s / piece_s, r.last_ended_s);
  if (r.unfinished > 0) std::printf(", %u have NOT", r.unfinished);
  std::printf("\nwithout readers: makespan %.3f s (with: x %.3f), seeds uploaded %.3f files\n", without.makespan_s,
              m.makespan_s / without.makespan_s, without.seed_upload_ratio);
}

void print_text(const Arguments& a, const Measures& m, double real_s, std::uint64_t events) {
  std::printf("%u peers, %s: makespan %.3f s, fluid bound %.3f s, ratio %.3f\n", a.peers,
              m.complete ? "all complete" : "NOT all complete", m.makespan_s, m.fluid_bound_s, m.ratio);
  std::printf("completion mean %.3f s, p99 %.3f s, Jain's index %.4f\n", m.mean_s, m.p99_s, m.jain);
  std::printf("seeds uploaded %.3f files, duplicates %.3f files, control %.2f MB\n", m.seed_upload_ratio,
              static_cast<double>(m.duplicate_bytes) / static_cast<double>(a.size),
              static_cast<double>(m.control_bytes) / 1e6);
  std::printf("seed %llu; %.1f s of real time, %llu events\n", static_cast<unsigned long long>(a.seed), real_s,
              static_cast<unsigned long long>(events));
}

void print_json(const Arguments& a, const Measures& m, double real_s) {
  const nlohmann::ordered_json object = {{"peers", a.peers},
                                         {"pieces", Geometry(a.size, a.piece).piece_count()},
                                         {"makespan_s", m.makespan_s},
                                         {"fluid_bound_s", m.fluid_bound_s},
                                         {"ratio", m.ratio},
                                         {"mean_s", m.mean_s},
                                         {"p99_s", m.p99_s},
                                         {"seed_upload_ratio", m.seed_upload_ratio},
                                         {"duplicate_bytes", m.duplicate_bytes},
                                         {"control_bytes", m.control_bytes},
                                         {"jain", m.jain},
                                         {"complete", m.complete},
                                         {"seed", a.seed},
                                         {"real_s", real_s}};
  std::cout << object.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"swarm_sim: a swarm of peerProcess's own core on virtual time", "swarm_sim"};
  Arguments arguments;
  try {
    parse(argc, argv, arguments, app);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 28;
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    const auto started = std::chrono::steady_clock::now();
    const Instant limit = Instant{} + from_seconds(arguments.limit_s);
    Scenario scenario = scenario_of(arguments);
    std::optional<Measures> without;
    if (arguments.stream) {
      Simulation simulation(scenario);
      simulation.run(limit);
      without = simulation.measures();
      scenario.readers = readers_of(arguments);
    }
    Simulation simulation(scenario);
    simulation.run(limit);
    const double real_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const Measures m = simulation.measures();
    if (arguments.json)
      print_json(arguments, m, real_s);
    else {
      print_text(arguments, m, real_s, simulation.events_handled());
      if (without) print_readers(arguments, m, simulation.reader_measures(), *without);
    }
    return m.complete ? 0 : 2;
  } catch (const std::exception& error) {
    std::string replay;
    for (int i = 0; i < argc; ++i) replay += std::string(i ? " " : "") + argv[i];
    std::fprintf(stderr, "swarm_sim: %s\nreplay: %s\n", error.what(), replay.c_str());
    return 1;
  }
}
