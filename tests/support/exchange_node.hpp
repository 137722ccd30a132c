// An exchange on a disk of its own, and the other end of its connection as a test plays it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peer/node/exchange.hpp"
#include "peer/storage/piece_store.hpp"
#include "tests/support/hand_made_peer.hpp"
#include "tests/support/script.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p::test {

constexpr std::uint32_t kOurs = 1002, kTheirs = 1001;

/// As the door hands a caller on: its handshake is read.
inline void accept(Exchange& exchange, StreamPtr stream, std::span<const std::byte, kHandshakeBytes> greeting) {
  exchange.add_accepted(std::move(stream), decode_handshake(greeting));
}

/// The same, of one that has only connected.
inline asio::awaitable<void> greet_and_accept(Exchange& exchange, StreamPtr stream) {
  std::array<std::byte, kHandshakeBytes> greeting{};
  const Moved moved = co_await read_all(*stream, asio::buffer(greeting));
  if (!moved.error) accept(exchange, std::move(stream), greeting);
}

/// A peer with an exchange of its own.
class ExchangeNode {
 public:
  ExchangeNode(asio::io_context& io, std::uint32_t self, const Layout& layout, const std::string& file = {})
      : store_(make(dir_, layout, file), {}), exchange_(io, config(self, store_), store_, 1, hooks()) {
    exchange_.start();
  }

  Exchange& exchange() { return exchange_; }
  bool has(std::string_view event) const { return joined(events_).find(event) != std::string::npos; }
  std::string events() const { return joined(events_); }
  /// Whom it wanted to be connected to so far.
  const std::vector<std::uint32_t>& dialled() const { return dialled_; }
  std::string content() const { return dir_.read("file"); }
  void shorten(std::uintmax_t bytes) const { std::filesystem::resize_file(dir_ / "file", bytes); }
  std::uint32_t stored() const { return std::as_const(exchange_).swarm().stored().count(); }

 private:
  static Content make(const TempDir& dir, const Layout& layout, const std::string& file) {
    if (!file.empty()) dir.write("file", file);
    return {.root = dir / "file", .layout = layout};
  }
  static SwarmConfig config(std::uint32_t self, const PieceStore& store) {
    return {.self = PeerId{self},
            .listed = {PeerId{kTheirs}, PeerId{kOurs}},
            .geometry = store.geometry(),
            .preferred_neighbors = 2,
            .unchoking_interval = std::chrono::seconds(1),
            .optimistic_interval = std::chrono::seconds(1)};
  }
  Exchange::Hooks hooks() {
    Exchange::Hooks hooks;
    hooks.on_event = [this](const Event& event) { events_.push_back(describe(event)); };
    hooks.on_settled = [] {};
    hooks.dial = [this](PeerId peer) { dialled_.push_back(peer.value); };
    return hooks;
  }

  TempDir dir_;
  PieceStore store_;
  std::vector<std::string> events_;
  std::vector<std::uint32_t> dialled_;
  Exchange exchange_;
};

/// Ours, with a connection that we opened to a peer that the test plays.
class PlayedExchange {
 public:
  explicit PlayedExchange(const Layout& layout, const std::string& file = {}, std::size_t most_at_once = SIZE_MAX)
      : sockets_(connected(io)), ours(io, kOurs, layout, file), theirs(std::move(sockets_.second), layout.geometry()) {
    StreamPtr stream = std::make_unique<TcpStream>(std::move(sockets_.first));
    if (most_at_once != SIZE_MAX) stream = std::make_unique<ThinStream>(std::move(stream), most_at_once);
    ours.exchange().add_dialed(PeerId{kTheirs}, std::move(stream));
  }
  ~PlayedExchange() {
    theirs.close();
    run_until(io, [&] { return !ours.exchange().has_connections(); });
  }

  template <class Condition>
  void until(Condition&& condition) {
    run_until(io, condition);
  }

  asio::io_context io{1};

 private:
  std::pair<tcp::socket, tcp::socket> sockets_;

 public:
  ExchangeNode ours;
  HandMadePeer theirs;
};

}  // namespace p2p::test
