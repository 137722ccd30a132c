// A network's digests and boxes: what each offered file costs, and what a datagram costs that is none of ours. Beside
// it what the system takes to hand over that datagram, which nobody can spare us.
#include "peer/keys/network.hpp"

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "peer/discovery/beacons.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

/// 0: an open network; 1: a private one.
Network network_of(const benchmark::State& state) {
  return state.range(0) == 0 ? Network("lab") : test::private_network();
}

void network_digest(benchmark::State& state) {
  const Network network = network_of(state);
  const std::string question = "peerProcess catalog\n3\nlabmodels/a-model-of-usual-size.bin";
  for (auto _ : state) benchmark::DoNotOptimize(network.digest(question));
}
BENCHMARK(network_digest)->Arg(0)->Arg(1);

void network_foreign_datagram(benchmark::State& state) {
  Beacons beacons(network_of(state));
  const auto foreign = Beacons(test::private_network("other")).who_is_there();
  for (auto _ : state) benchmark::DoNotOptimize(beacons.hear(foreign, Instant{}));
}
BENCHMARK(network_foreign_datagram)->Arg(0)->Arg(1);

void network_own_datagram(benchmark::State& state) {
  Beacons beacons(network_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(beacons.here_i_am(5000, PeerId{1}));
}
BENCHMARK(network_own_datagram)->Arg(0)->Arg(1);

/// Half of it is the sender's.
void network_datagram_by_the_system(benchmark::State& state) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool works = ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0 &&
                     ::connect(socket, generic, size) == 0;
  char bytes[52] = {};
  for (auto _ : state)
    if (!works || ::send(socket, bytes, sizeof bytes, 0) != sizeof bytes ||
        ::recv(socket, bytes, sizeof bytes, 0) != sizeof bytes)
      return state.SkipWithError("no datagrams on the loopback");
  ::close(socket);
}
BENCHMARK(network_datagram_by_the_system);

}  // namespace
}  // namespace p2p
