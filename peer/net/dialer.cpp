#include "peer/net/dialer.hpp"

#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "peer/net/loopback.hpp"
#include "peer/net/origin_of.hpp"
#include "peer/net/sealing.hpp"
#include "peer/net/tls_fault.hpp"

namespace p2p {
namespace {

// Retransmissions of the first segment, after 1, 2 and 4 s: the kernel's own time-out is minutes.
constexpr int kSynRetries = 2;
// Of a handshake of TLS: as long as the door at the other end waits for it.
constexpr std::chrono::seconds kHandshakePatience{10};

struct Resolved {
  std::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

/// One; of a link-local IPv6 address that does not say on which network, one on each network that this machine is in.
std::vector<tcp::endpoint> endpoints_of(const asio::ip::address& address, std::uint16_t port) {
  const bool on_any_network = address.is_v6() && address.to_v6().is_link_local() && address.to_v6().scope_id() == 0;
  if (!on_any_network) return {{address, port}};
  std::vector<tcp::endpoint> endpoints;
  const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> all(::if_nameindex(), ::if_freenameindex);
  for (const auto* each = all.get(); each && each->if_index != 0; ++each)
    endpoints.emplace_back(asio::ip::address_v6(address.to_v6().to_bytes(), each->if_index), port);
  return endpoints;
}

asio::awaitable<Resolved> resolve(const std::string& host, std::uint16_t port) {
  std::error_code not_literal;
  Resolved resolved;
  if (const auto address = asio::ip::make_address(host, not_literal); !not_literal) {
    resolved.endpoints = endpoints_of(address, port);
    co_return resolved;
  }
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, results] = co_await resolver.async_resolve(host, std::to_string(port), use_result);
  resolved.error = error;
  for (const auto& result : results) resolved.endpoints.push_back(result.endpoint());
  co_return resolved;
}

DialFailure::Kind kind_of(const std::error_code& error) {
  using Kind = DialFailure::Kind;
  if (error.category() == tls_category()) return Kind::unsealed;
  if (error.category() == asio::error::get_netdb_category() || error.category() == asio::error::get_addrinfo_category())
    return Kind::not_resolved;
  switch (error.value()) {
    case ECONNREFUSED: return Kind::refused;
    case ETIMEDOUT: return Kind::timed_out;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN: return Kind::no_route;
    default: return Kind::other;
  }
}

/// How much a failure says: that a machine is there more than that nothing comes back, and a protocol that this machine
/// does not have least of all.
int weight(const DialFailure& failure) {
  switch (failure.kind) {
    case DialFailure::Kind::unsealed: return 4;
    case DialFailure::Kind::refused: return 3;
    case DialFailure::Kind::timed_out: return 2;
    case DialFailure::Kind::other: return 1;
    default: return 0;
  }
}

/// The handshake of a sealed connection, within its time.
asio::awaitable<std::error_code> establish(Stream& stream) {
  asio::steady_timer deadline(stream.executor(), kHandshakePatience);
  const auto late = std::make_shared<bool>(false);
  // The timer is cancelled before the stream is gone; a handler that is on its way already finds `late` set to true.
  deadline.async_wait([&stream, late](const std::error_code& error) {
    if (!error && !std::exchange(*late, true)) stream.close();
  });
  const std::error_code error = co_await stream.establish();
  const bool was_late = std::exchange(*late, true);
  deadline.cancel();
  co_return error&& was_late ? make_error_code(TlsFault::too_late) : error;
}

asio::awaitable<void> connect(Sealing& sealing, std::string host, std::uint16_t port,
                              std::function<void(StreamPtr)> on_connected,
                              std::function<void(const DialFailure&)> on_failed,
                              std::optional<config::Fingerprint> expected) {
  const Resolved resolved = co_await resolve(host, port);
  std::vector<DialFailure> failures;
  if (resolved.endpoints.empty()) failures.push_back(describe_failure(host, port, resolved.error));
  for (const tcp::endpoint& endpoint : resolved.endpoints) {
    tcp::socket socket(co_await asio::this_coro::executor);
    std::error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error) {
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_SYNCNT, &kSynRetries, sizeof kSynRetries);
      tune_for_loopback(socket.native_handle(), endpoint.address());
      const auto [failed] = co_await socket.async_connect(endpoint, use_result);
      error = failed;
    }
    // A dial of an ephemeral port on the same machine can meet itself.
    if (!error && socket.local_endpoint(error) == endpoint) error = asio::error::connection_refused;
    StreamPtr stream;
    if (!error) {
      stream = sealing.dialed(std::move(socket), expected);
      error = co_await establish(*stream);
    }
    if (!error) {
      on_connected(std::move(stream));
      co_return;
    }
    failures.push_back(describe_failure(host, port, error));
  }
  DialFailure failure = *std::ranges::max_element(failures, {}, weight);
  for (const tcp::endpoint& endpoint : resolved.endpoints) failure.tried.push_back(origin_of(endpoint.address()));
  on_failed(failure);
}

}  // namespace

DialFailure describe_failure(const std::string& host, std::uint16_t port, const std::error_code& error) {
  const DialFailure::Kind kind = kind_of(error);
  const std::string place = host + " port " + std::to_string(port);
  switch (kind) {
    case DialFailure::Kind::not_resolved:
      return {kind, "cannot resolve " + host +
                        (error == asio::error::host_not_found_try_again ? ": the name server does not answer" : "")};
    case DialFailure::Kind::refused: return {kind, place + " refuses the connection"};
    case DialFailure::Kind::timed_out: return {kind, place + " does not answer"};
    case DialFailure::Kind::no_route: return {kind, "no route to " + place};
    case DialFailure::Kind::unsealed:
    case DialFailure::Kind::other: break;
  }
  return {kind, place + ": " + error.message()};
}

void dial(asio::io_context& io, std::string host, std::uint16_t port, std::function<void(StreamPtr)> on_connected,
          std::function<void(const DialFailure&)> on_failed, std::optional<config::Fingerprint> expected) {
  spawn(io, connect(asio::use_service<Sealing>(io), std::move(host), port, std::move(on_connected),
                    std::move(on_failed), expected));
}

}  // namespace p2p
