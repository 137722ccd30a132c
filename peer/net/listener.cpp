#include "peer/net/listener.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/loopback.hpp"
#include "peer/net/sealing.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

struct Candidate {
  asio::ip::address address;
  bool required;  ///< Machines without IPv6, or with IPv6 alone, exist.
};

std::vector<Candidate> addresses_for(const std::string& own_host) {
  std::error_code not_literal;
  const auto literal = asio::ip::make_address(own_host, not_literal);
  if (!not_literal && literal.is_loopback()) return {{literal, true}};
  if (own_host == "localhost")
    return {{asio::ip::address_v4::loopback(), true}, {asio::ip::address_v6::loopback(), false}};
  return {{asio::ip::address_v4::any(), true}, {asio::ip::address_v6::any(), false}};
}

constexpr Duration kWarningInterval = 30s;
constexpr int kMostTries = 16;

bool is_exhaustion(const std::error_code& error) {
  // By number: Asio's category does not map these to std::errc.
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS || error.value() == ENOMEM;
}

void listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
  acceptor.bind(endpoint);
  tune_for_loopback(acceptor.native_handle(), endpoint.address());
  acceptor.listen();
}

}  // namespace

Listener::Listener(asio::io_context& io, const std::string& own_host, std::uint16_t port) : io_(io) {
  for (int tries = 1; port == 0 && sockets_.empty(); ++tries) {
    try {
      listen_on(own_host, 0);
    } catch (const ExitError& error) {
      // Somebody else has the port that IPv4 has given us with IPv6.
      sockets_.clear();
      if (error.code() != ExitCode::port_in_use || tries == kMostTries) throw;
    }
  }
  if (sockets_.empty()) listen_on(own_host, port);
}

void Listener::listen_on(const std::string& own_host, std::uint16_t port) {
  for (const Candidate& candidate : addresses_for(own_host)) {
    try {
      listen(sockets_.emplace_back(io_).acceptor, {candidate.address, port});
      port = this->port();
    } catch (const std::system_error& error) {
      sockets_.pop_back();
      const bool in_use = error.code() == asio::error::address_in_use;
      if (!candidate.required && !in_use) continue;
      throw ExitError(in_use ? ExitCode::port_in_use : ExitCode::network,
                      "cannot listen on " + candidate.address.to_string() + " port " + std::to_string(port) + ": " +
                          error.code().message());
    }
  }
}

std::uint16_t Listener::port() const { return sockets_.front().acceptor.local_endpoint().port(); }

void Listener::start(std::function<void(StreamPtr)> on_stream, std::function<bool()> make_room) {
  auto& sealing = asio::use_service<Sealing>(io_);
  const bool is_local = std::ranges::all_of(
      sockets_, [](const Socket& socket) { return socket.acceptor.local_endpoint().address().is_loopback(); });
  if (!sealing.keys() && !is_local)
    spdlog::warn("no keys: whoever reaches port {} can take part, and nothing is encrypted (see docs/KEYS.md)", port());
  for (Socket& socket : sockets_) spawn(io_, accept_loop(socket, sealing, on_stream, make_room));
}

void Listener::stop() {
  for (Socket& socket : sockets_) {
    std::error_code ignored;
    socket.acceptor.close(ignored);
    socket.retry.cancel();
  }
}

asio::awaitable<void> Listener::accept_loop(Socket& socket, Sealing& sealing, std::function<void(StreamPtr)> on_stream,
                                            std::function<bool()> make_room) {
  Instant warn_again{};
  while (socket.acceptor.is_open()) {
    auto [error, accepted] = co_await socket.acceptor.async_accept(use_result);
    if (!socket.acceptor.is_open()) co_return;
    if (!error) {
      on_stream(sealing.accepted(std::move(accepted)));
      continue;
    }
    if (now() >= warn_again) {
      spdlog::warn("accepting a connection: {}", error.message());
      warn_again = now() + kWarningInterval;
    }
    if (is_exhaustion(error) && make_room()) continue;
    // Trying again at once would only spin.
    socket.retry.expires_after(100ms);
    co_await socket.retry.async_wait(use_result);
  }
}

}  // namespace p2p
