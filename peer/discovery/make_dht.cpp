// Where a node of the DHT listens.
#include <span>
#include <system_error>

#include "config/text.hpp"
#include "peer/discovery/dht_discovery.hpp"
#include "peer/discovery/dht_module.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

using udp = asio::ip::udp;

/// Whether a socket can be bound there. OpenDHT sets SO_REUSEADDR on its own, which lets two processes have one UDP
/// port, and does not say why one cannot be bound.
std::error_code try_bind(const asio::ip::address& address, std::uint16_t port) {
  asio::io_context io;
  udp::socket socket(io);
  std::error_code error;
  socket.open(udp::endpoint(address, port).protocol(), error);
  if (!error && address.is_v6()) socket.set_option(asio::ip::v6_only(true), error);
  if (!error) socket.bind({address, port}, error);
  return error;
}

}  // namespace

std::unique_ptr<Discovery> make_dht(asio::io_context& io, DiscoveryOptions options) {
  if (const std::string problem = no_dht(); !problem.empty()) throw ExitError(ExitCode::usage, problem);
  if (options.self && !is_valid(*options.self))
    throw ExitError(ExitCode::usage,
                    "host is " + config::in_quotes(options.self->host) + " and port " +
                        std::to_string(options.self->port) +
                        ", expected a name or an address by which others reach this machine, and a port that is not 0");
  const bool loopback = is_loopback_only(options);
  const auto v4 = loopback ? asio::ip::address_v4::loopback() : asio::ip::address_v4::any();
  const auto v6 = loopback ? asio::ip::address_v6::loopback() : asio::ip::address_v6::any();
  // Machines without IPv6, or with IPv6 alone, exist.
  const std::error_code no_v4 = try_bind(v4, options.port);
  const std::error_code no_v6 = try_bind(v6, options.port);
  const std::string where = "cannot listen on UDP port " + std::to_string(options.port) + ": ";
  if (no_v4 == asio::error::address_in_use || no_v6 == asio::error::address_in_use)
    throw ExitError(ExitCode::port_in_use, where + std::error_code(asio::error::address_in_use).message());
  if (no_v4 && no_v6) throw ExitError(ExitCode::network, where + no_v4.message());

  DhtNodeOptions node;
  node.network = network_number(options.network);
  if (!no_v4) node.v4 = v4;
  if (!no_v6) node.v6 = v6;
  node.port = options.port;
  node.largest_value = longest_value(options.network);
  node.may_store = [network = options.network](std::span<const std::byte> value, std::uint64_t number) {
    return may_store(value, number, network);
  };
  node.may_replace = [network = options.network](std::span<const std::byte> kept, std::span<const std::byte> other) {
    return may_replace(kept, other, network);
  };
  try {
    return std::make_unique<DhtDiscovery>(io, std::move(options), node);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::network, where + error.what());
  }
}

}  // namespace p2p
