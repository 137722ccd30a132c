#include "peer/net/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "config/config_error.hpp"
#include "peer/net/dialer.hpp"
#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/encoder.hpp"
#include "protocol/wire/features.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// A connection that stands still ends here. A manifest takes as long as it takes on a slow line.
constexpr auto kGreetingPatience = 5s;
constexpr auto kTransferPatience = 60s;
constexpr std::size_t kSlowLine = 64 * 1024;  // bytes a second
// How long one source is waited for before the next is asked beside it, and how many are asked at a time.
constexpr auto kImpatience = 5s;
constexpr std::ptrdiff_t kMostAtATime = 16;
constexpr auto kFirstPause = 100ms;
constexpr auto kLongestPause = 2s;
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kHeadBytes = 5;

std::chrono::seconds transfer_patience(std::size_t bytes) { return kTransferPatience + std::chrono::seconds(bytes / kSlowLine); }

Bytes greeting(PeerId self, const ContentId& id, bool fetch) {
  const auto bytes = encode(Handshake{self, encode(Features{.fetch_manifest = fetch, .content = prefix_of(id)})});
  return {bytes.begin(), bytes.end()};
}

/// A socket that closes itself when its time is over, so that whoever waits for it goes on with an error.
struct TimedSocket {
  explicit TimedSocket(tcp::socket connected) : socket(std::move(connected)), deadline(socket.get_executor()) {}

  static void close_in(const std::shared_ptr<TimedSocket>& self, std::chrono::seconds patience) {
    self->deadline.expires_after(patience);
    self->deadline.async_wait([weak = std::weak_ptr(self)](const std::error_code& error) {
      std::error_code ignored;
      if (const auto alive = weak.lock(); alive && !error) alive->socket.close(ignored);
    });
  }

  tcp::socket socket;
  asio::steady_timer deadline;
};

asio::awaitable<void> give(std::shared_ptr<TimedSocket> timed, PeerId self, ContentId id, ManifestPtr known, std::shared_ptr<const bool>) {
  const std::size_t text_bytes = known ? known->text.size() : 0;
  TimedSocket::close_in(timed, transfer_patience(text_bytes));
  Bytes head = greeting(self, id, false);
  std::array<std::byte, 4> length{};
  store_u32(static_cast<std::uint32_t>(1 + text_bytes), length);
  head.insert(head.end(), length.begin(), length.end());
  head.push_back(std::byte{kManifestType});
  const auto [head_error, head_bytes] = co_await asio::async_write(timed->socket, asio::buffer(head), use_result);
  if (head_error) co_return;
  if (known) {
    const auto [error, bytes] = co_await asio::async_write(timed->socket, asio::buffer(known->text), use_result);
    if (error) co_return;
  }
  std::error_code ignored;
  timed->socket.shutdown(tcp::socket::shutdown_send, ignored);
  // Until the other end closes: closing first could cut off what is on its way.
  std::array<std::byte, 64> nothing;
  for (;;) {
    const auto [error, bytes] = co_await timed->socket.async_read_some(asio::buffer(nothing), use_result);
    if (error) co_return;
  }
}

asio::awaitable<void> greet(std::shared_ptr<TimedSocket> timed, ManifestDesk desk, std::function<void(tcp::socket, std::vector<std::byte>)> on_peer) {
  TimedSocket::close_in(timed, kGreetingPatience);
  std::vector<std::byte> bytes(kHandshakeBytes);
  const auto [error, count] = co_await asio::async_read(timed->socket, asio::buffer(bytes), use_result);
  if (error) co_return;
  timed->deadline.cancel();
  const auto features =
      check_handshake_prefix(bytes) ? std::nullopt : decode_features(decode_handshake(std::span(bytes).first<kHandshakeBytes>()).reserved);
  if (features && features->fetch_manifest)
    desk.serve(std::move(timed->socket), nullptr);
  else
    on_peer(std::move(timed->socket), std::move(bytes));
}

/// One search for a manifest; lives until it is found or the process ends.
///
/// One source after the other is asked, the next one also when the last one takes its time: a source that gives nothing,
/// or a byte now and then, must not keep us from those behind it.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found)
      : io_(io), self_(self), id_(id), sources_(std::move(sources)), on_found_(std::move(on_found)), timer_(io) {
    order_.resize(sources_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    sockets_.resize(sources_.size());
    busy_.resize(sources_.size());
  }

  /// Asks the next source that is not being asked already.
  void next() {
    if (found_) return;
    ++turn_;
    if (at_ == 0) std::ranges::shuffle(order_, random_);
    while (at_ < order_.size() && busy_[order_[at_]]) ++at_;
    if (at_ == order_.size()) return pause();
    // The timer first: a dial may fail at once.
    go_on_after(kImpatience);
    if (std::ranges::count(busy_, true) < kMostAtATime) ask_source(order_[at_++]);
  }

 private:
  void pause() {
    at_ = 0;
    if (++rounds_ == kRoundsBeforeWord) spdlog::warn("no peer that can be reached has the manifest; asking on");
    go_on_after(pause_time_);
    pause_time_ = std::min<std::chrono::milliseconds>(2 * pause_time_, kLongestPause);
  }

  void go_on_after(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), turn = turn_](const std::error_code& error) {
      if (!error && turn == self->turn_) self->next();
    });
  }

  void ask_source(std::size_t index) {
    busy_[index] = true;
    const ManifestSource& source = sources_[index];
    dial(
        io_, source.host, source.port,
        [self = shared_from_this(), index, turn = turn_](tcp::socket socket) {
          const auto timed = std::make_shared<TimedSocket>(std::move(socket));
          self->sockets_[index] = timed;
          spawn(self->io_, ask(self, timed, index, turn));
        },
        [self = shared_from_this(), index, turn = turn_](const std::string&) { self->over(index, turn); });
  }

  void over(std::size_t index, std::uint64_t turn) {
    busy_[index] = false;
    if (turn == turn_) next();
  }

  void succeed(ManifestPtr known) {
    found_ = true;
    timer_.cancel();
    std::error_code ignored;
    for (const auto& socket : sockets_)
      if (const auto alive = socket.lock()) alive->socket.close(ignored);
    on_found_(std::move(known));
  }

  static asio::awaitable<void> ask(std::shared_ptr<Search> self, std::shared_ptr<TimedSocket> timed, std::size_t index, std::uint64_t turn) {
    const PeerId peer = self->sources_[index].peer;
    std::optional<std::string> text;
    try {
      if (!self->found_) text = co_await transfer(self, timed, peer);
    } catch (const std::system_error& error) {
      if (!self->found_) spdlog::info("peer {} did not give the manifest: {}", peer.value, error.code().message());
    }
    if (self->found_) co_return;
    ManifestPtr known;
    if (text) {
      known = check_manifest(std::move(*text), self->id_, "the manifest from peer " + std::to_string(peer.value));
      if (!known) spdlog::warn("peer {} gave something else than the manifest: its SHA-256 is not the content id", peer.value);
    }
    if (known)
      self->succeed(std::move(known));
    else
      self->over(index, turn);
  }

  /// The text that the peer gives, not checked; empty when it gives none. Throws std::system_error.
  static asio::awaitable<std::optional<std::string>> transfer(std::shared_ptr<Search> self, std::shared_ptr<TimedSocket> timed, PeerId peer) {
    TimedSocket::close_in(timed, kGreetingPatience);
    const Bytes hello = greeting(self->self_, self->id_, true);
    co_await asio::async_write(timed->socket, asio::buffer(hello), asio::use_awaitable);
    std::array<std::byte, kHandshakeBytes + kHeadBytes> head{};
    co_await asio::async_read(timed->socket, asio::buffer(head, kHandshakeBytes), asio::use_awaitable);
    const auto handshake = std::span(head).first<kHandshakeBytes>();
    const auto features = check_handshake_prefix(handshake) ? std::nullopt : decode_features(decode_handshake(handshake).reserved);
    if (!features || features->content != prefix_of(self->id_)) {
      spdlog::info("peer {} knows nothing of this manifest", peer.value);
      co_return std::nullopt;
    }
    co_await asio::async_read(timed->socket, asio::buffer(head.data() + kHandshakeBytes, kHeadBytes), asio::use_awaitable);
    const std::uint32_t length = load_u32(std::span(head).subspan<kHandshakeBytes, 4>());
    const bool is_manifest = head.back() == std::byte{kManifestType} && length > 1 && length - 1 <= config::Manifest::kMaxTextBytes;
    if (!is_manifest) co_return std::nullopt;
    // Memory grows with what comes, not with what is announced.
    TimedSocket::close_in(timed, transfer_patience(length));
    std::string text;
    while (text.size() < length - 1) {
      const std::size_t have = text.size();
      text.resize(std::min<std::size_t>(have + kChunkBytes, length - 1));
      co_await asio::async_read(timed->socket, asio::buffer(text.data() + have, text.size() - have), asio::use_awaitable);
    }
    co_return text;
  }

  static constexpr unsigned kRoundsBeforeWord = 5;

  asio::io_context& io_;
  PeerId self_;
  ContentId id_;
  std::vector<ManifestSource> sources_;
  std::function<void(ManifestPtr)> on_found_;
  asio::steady_timer timer_;  ///< Goes on with the next source.
  std::chrono::milliseconds pause_time_ = kFirstPause;
  std::vector<std::size_t> order_;                    ///< Of this round, by index into sources_; as are the next two.
  std::vector<std::weak_ptr<TimedSocket>> sockets_;
  std::vector<bool> busy_;
  std::size_t at_ = 0;        ///< How far this round is in order_.
  std::uint64_t turn_ = 0;    ///< Of the latest next(); what earlier ones began goes on beside it and starts nothing.
  bool found_ = false;
  unsigned rounds_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

void ManifestDesk::serve(tcp::socket socket, ManifestPtr known) const {
  // One is our own.
  if (served_.use_count() > kMostAtOnce) return;
  const auto executor = socket.get_executor();
  spawn(executor, give(std::make_shared<TimedSocket>(std::move(socket)), self_, id_, std::move(known), served_));
}

void greet_early(tcp::socket socket, const ManifestDesk& desk, std::function<void(tcp::socket, std::vector<std::byte>)> on_peer) {
  const auto executor = socket.get_executor();
  spawn(executor, greet(std::make_shared<TimedSocket>(std::move(socket)), desk, std::move(on_peer)));
}

void fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found) {
  std::make_shared<Search>(io, self, id, std::move(sources), std::move(on_found))->next();
}

}  // namespace p2p
