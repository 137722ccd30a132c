// members_sim: how soon the nodes of a network know each other, and how soon a visitor has found a name among them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "sim/members/members_network.hpp"

namespace {

using namespace p2p;
using namespace p2p::sim;
using namespace std::chrono_literals;

/// Until `done` at the latest.
double seconds_until(MembersNetwork& network, Duration step, Duration most, const auto& done) {
  const Duration begin = network.age();
  while (!done() && network.age() - begin < most) network.run_for(step);
  return seconds(network.age() - begin);
}

/// Visitors through nodes of chance, who look for what another node of chance has.
void print_visits(MembersNetwork& network, std::size_t nodes, Random& random, const char* when) {
  constexpr std::size_t kVisits = 200;
  std::vector<double> took;
  while (took.size() < kVisits) {
    const std::size_t way_in = random.below(static_cast<std::uint32_t>(nodes));
    const std::size_t holder = random.below(static_cast<std::uint32_t>(nodes));
    if (way_in == holder) continue;
    const auto time = network.visit(way_in, holder);
    took.push_back(time ? seconds(*time) : 1e9);
  }
  std::ranges::sort(took);
  const auto lost = std::ranges::count_if(took, [](double each) { return each > 1e6; });
  std::printf(
      "%s: a visitor has found the holder after %.0f ms (median), %.0f ms (the slowest of %zu that do); %td of ", when,
      1e3 * took[kVisits / 2], 1e3 * took[kVisits - static_cast<std::size_t>(lost) - 1],
      kVisits - static_cast<std::size_t>(lost), lost);
  std::printf("%zu do not\n", kVisits);
  std::fflush(stdout);
}

void run(const MembersScenario& scenario, std::size_t silent, double apart_s) {
  MembersNetwork network(scenario);
  Random random(scenario.seed + 1);
  const std::size_t nodes = scenario.nodes;
  for (const Duration time : {2s, 8s, 50s}) {
    network.run_for(time);
    std::printf("%.0f s after the start of %zu nodes each knows %zu others or more\n", seconds(network.age()), nodes,
                network.fewest_known());
    print_visits(network, nodes, random, "  then");
  }
  seconds_until(network, 1s, 3600s, [&] { return network.fewest_known() + 1 == nodes; });
  std::printf("all know all %.0f s after the start, by %.1f questions a node and second\n", seconds(network.age()),
              static_cast<double>(network.questions()) / static_cast<double>(nodes) / seconds(network.age()));
  print_visits(network, nodes, random, "  then");
  if (apart_s > 0) {
    network.cut_at(nodes / 2);
    network.run_for(from_seconds(apart_s));
    if (network.each_knows_one_beyond(nodes / 2)) std::printf("not all have lost all of the other half by then\n");
    network.cut_at(0);
    const double met = seconds_until(network, 100ms, 600s, [&] { return network.each_knows_one_beyond(nodes / 2); });
    std::printf("halves that were apart for %.0f s: each node knows one of the other half after %.1f s\n", apart_s,
                met);
    print_visits(network, nodes, random, "  then");
  }
  if (silent > 0) {
    for (std::size_t i = 0; i < silent; ++i) network.falls_silent(nodes - 1 - i);
    print_visits(network, nodes - silent, random, "with some that have just fallen silent");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Nodes of one network on virtual time, and visitors who look for a name");
  MembersScenario scenario;
  std::size_t silent = 0;
  double apart_s = 300;
  app.add_option("--nodes", scenario.nodes)->check(CLI::Range(2u, 4'096u))->capture_default_str();
  app.add_option("--seed", scenario.seed)->capture_default_str();
  app.add_option("--apart", apart_s, "How long two halves do not reach each other, s")->capture_default_str();
  app.add_option("--silent", silent, "How many accept and say nothing in the end")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(scenario, silent, apart_s);
  return 0;
}
