// sim_seeds: random swarms with random faults, a number each, from the command line. A failure is one line that
// replays it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include <unistd.h>

#include "tests/sim/random_scenario.hpp"

namespace {

using namespace p2p;
using namespace p2p::sim;

// A swarm takes milliseconds; one that takes so long goes round in circles.
constexpr unsigned kHangs_s = 120;

// What to say if a seed ends the process: a broken invariant aborts, and leaves no time for more than this.
char replay[80];

void on_fatal(int signal) {
  const ssize_t written = write(STDOUT_FILENO, replay, std::strlen(replay));
  static_cast<void>(written);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

double since_start_s(Instant at) { return seconds(at.time_since_epoch()); }

/// Returns whether all claims hold.
bool run(std::uint64_t seed, bool verbose, Duration& simulated) {
  std::snprintf(replay, sizeof replay, "FAILED sim_seeds --seed %llu: aborted or hangs\n",
                static_cast<unsigned long long>(seed));
  alarm(kHangs_s);
  const Scenario scenario = random_scenario(seed);
  if (verbose) std::printf("%s\n", describe(scenario).c_str());
  const Outcome outcome = run_checked(scenario);
  simulated += outcome.ended.time_since_epoch();
  if (verbose)
    std::printf("complete at %.2f s (deadline %.2f s), ended at %.2f s; %u links lost, %u peers remain\n",
                since_start_s(outcome.completed), since_start_s(outcome.deadline), since_start_s(outcome.ended),
                outcome.links_lost, outcome.remaining);
  if (!outcome.failure.empty())
    std::printf("FAILED sim_seeds --seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
  std::fflush(stdout);
  return outcome.failure.empty();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t from = 1;
  std::uint64_t to = 100;
  std::optional<std::uint64_t> seed;
  CLI::App app{"sim_seeds: random swarms with random faults on virtual time", "sim_seeds"};
  app.add_option("--from", from, "First seed")->capture_default_str();
  app.add_option("--to", to, "Last seed")->capture_default_str();
  app.add_option("--seed", seed, "This one alone, and tell about it");
  CLI11_PARSE(app, argc, argv);

  for (const int signal : {SIGABRT, SIGSEGV, SIGALRM}) std::signal(signal, on_fatal);
  Duration simulated{};
  if (seed) return run(*seed, true, simulated) ? 0 : 1;
  std::uint64_t failures = 0;
  for (std::uint64_t each = from; each <= to; ++each) failures += !run(each, false, simulated);
  std::printf("%llu seeds, %llu failures, %.3f virtual hours\n", static_cast<unsigned long long>(to - from + 1),
              static_cast<unsigned long long>(failures), seconds(simulated) / 3600);
  return failures == 0 ? 0 : 1;
}
