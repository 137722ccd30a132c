#include "peer/net/dialer.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <vector>

#include "peer/net/loopback.hpp"

namespace p2p {
namespace {

// Retransmissions of the first segment, after 1, 2 and 4 s: the kernel's own time-out is minutes.
constexpr int kSynRetries = 2;

struct Resolved {
  std::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<Resolved> resolve(const std::string& host, std::uint16_t port) {
  std::error_code not_literal;
  Resolved resolved;
  if (const auto address = asio::ip::make_address(host, not_literal); !not_literal) {
    resolved.endpoints.emplace_back(address, port);
    co_return resolved;
  }
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, results] = co_await resolver.async_resolve(host, std::to_string(port), use_result);
  resolved.error = error;
  for (const auto& result : results) resolved.endpoints.push_back(result.endpoint());
  co_return resolved;
}

asio::awaitable<void> connect(std::string host, std::uint16_t port, std::function<void(tcp::socket)> on_connected,
                              std::function<void(const std::string&)> on_failed) {
  const Resolved resolved = co_await resolve(host, port);
  std::error_code error = resolved.error;
  for (const tcp::endpoint& endpoint : resolved.endpoints) {
    tcp::socket socket(co_await asio::this_coro::executor);
    socket.open(endpoint.protocol(), error);
    if (error) continue;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_SYNCNT, &kSynRetries, sizeof kSynRetries);
    tune_for_loopback(socket.native_handle(), endpoint.address());
    const auto [failed] = co_await socket.async_connect(endpoint, use_result);
    error = failed;
    if (error) continue;
    // A dial of an ephemeral port on the same machine can meet itself.
    if (socket.local_endpoint(error) == endpoint) {
      error = asio::error::connection_refused;
      continue;
    }
    on_connected(std::move(socket));
    co_return;
  }
  on_failed(host + " port " + std::to_string(port) + ": " + error.message());
}

}  // namespace

void dial(asio::io_context& io, std::string host, std::uint16_t port, std::function<void(tcp::socket)> on_connected,
          std::function<void(const std::string&)> on_failed) {
  spawn(io, connect(std::move(host), port, std::move(on_connected), std::move(on_failed)));
}

}  // namespace p2p
