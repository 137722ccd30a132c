#include "peer/net/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
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

// Longer than any exchange of a manifest should take; a connection that stands still ends here.
constexpr auto kGreetingPatience = 5s;
constexpr auto kTransferPatience = 60s;
constexpr auto kFirstPause = 100ms;
constexpr auto kLongestPause = 2s;
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kHeadBytes = 5;

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
  TimedSocket::close_in(timed, kTransferPatience);
  Bytes head = greeting(self, id, false);
  const std::size_t text_bytes = known ? known->text.size() : 0;
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
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found)
      : io_(io), self_(self), id_(id), sources_(std::move(sources)), on_found_(std::move(on_found)), pause_(io) {}

  void next() {
    if (at_ == 0) std::ranges::shuffle(sources_, random_);
    if (at_ == sources_.size()) return start_again();
    const ManifestSource& source = sources_[at_++];
    dial(
        io_, source.host, source.port,
        [self = shared_from_this(), peer = source.peer](tcp::socket socket) {
          spawn(self->io_, ask(self, std::make_shared<TimedSocket>(std::move(socket)), peer));
        },
        [self = shared_from_this()](const std::string&) { self->next(); });
  }

 private:
  void start_again() {
    at_ = 0;
    if (++rounds_ == kRoundsBeforeWord) spdlog::warn("no peer that can be reached has the manifest; asking on");
    pause_.expires_after(pause_time_);
    pause_time_ = std::min<std::chrono::milliseconds>(2 * pause_time_, kLongestPause);
    pause_.async_wait([self = shared_from_this()](const std::error_code& error) {
      if (!error) self->next();
    });
  }

  static asio::awaitable<void> ask(std::shared_ptr<Search> self, std::shared_ptr<TimedSocket> timed, PeerId peer) {
    std::optional<std::string> text;
    try {
      text = co_await transfer(self, timed, peer);
    } catch (const std::system_error& error) {
      spdlog::info("peer {} did not give the manifest: {}", peer.value, error.code().message());
    }
    ManifestPtr known;
    if (text) {
      known = check_manifest(std::move(*text), self->id_, "the manifest from peer " + std::to_string(peer.value));
      if (!known) spdlog::warn("peer {} gave something else than the manifest: its SHA-256 is not the content id", peer.value);
    }
    if (known)
      self->on_found_(std::move(known));
    else
      self->next();
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
    TimedSocket::close_in(timed, kTransferPatience);
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
  asio::steady_timer pause_;
  std::chrono::milliseconds pause_time_ = kFirstPause;
  std::size_t at_ = 0;
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
