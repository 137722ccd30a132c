#include "peer/content/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "config/config_error.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/text_link.hpp"
#include "protocol/wire/features.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How long one source is waited for before the next is asked beside it, and how many are asked at a time.
constexpr auto kImpatience = 5s;
constexpr std::ptrdiff_t kMostAtATime = 16;
constexpr auto kFirstPause = 100ms;
constexpr auto kLongestPause = 2s;

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
        [self = shared_from_this(), index, turn = turn_](StreamPtr stream) {
          const auto timed = std::make_shared<TimedStream>(std::move(stream));
          self->sockets_[index] = timed;
          spawn(self->io_, ask(self, timed, index, turn));
        },
        [self = shared_from_this(), index, turn = turn_](const DialFailure&) { self->over(index, turn); });
  }

  void over(std::size_t index, std::uint64_t turn) {
    busy_[index] = false;
    if (turn == turn_) next();
  }

  void succeed(ManifestPtr known) {
    found_ = true;
    timer_.cancel();
    for (const auto& socket : sockets_)
      if (const auto alive = socket.lock()) alive->close();
    on_found_(std::move(known));
  }

  static asio::awaitable<void> ask(std::shared_ptr<Search> self, std::shared_ptr<TimedStream> timed, std::size_t index, std::uint64_t turn) {
    const PeerId peer = self->sources_[index].peer;
    const Features wish{.fetch_manifest = true, .content = prefix_of(self->id_)};
    std::optional<std::string> text;
    try {
      if (!self->found_) {
        ReceivedText received = co_await receive_text(timed, self->self_, wish, kManifestType, config::Manifest::kMaxTextBytes);
        text = std::move(received.text);
        if (!received.same_content) spdlog::info("peer {} knows nothing of this manifest", peer.value);
      }
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

  static constexpr unsigned kRoundsBeforeWord = 5;

  asio::io_context& io_;
  PeerId self_;
  ContentId id_;
  std::vector<ManifestSource> sources_;
  std::function<void(ManifestPtr)> on_found_;
  asio::steady_timer timer_;  ///< Goes on with the next source.
  std::chrono::milliseconds pause_time_ = kFirstPause;
  std::vector<std::size_t> order_;                    ///< Of this round, by index into sources_; as are the next two.
  std::vector<std::weak_ptr<TimedStream>> sockets_;
  std::vector<bool> busy_;
  std::size_t at_ = 0;        ///< How far this round is in order_.
  std::uint64_t turn_ = 0;    ///< Of the latest next(); what earlier ones began goes on beside it and starts nothing.
  bool found_ = false;
  unsigned rounds_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

void ManifestDesk::serve(StreamPtr stream, ManifestPtr known) const {
  // One is our own.
  if (served_.use_count() > kMostAtOnce) return;
  const auto executor = stream->executor();
  const Handshake own{self_, encode(Features{.content = prefix_of(id_)})};
  const std::shared_ptr<const std::string> text = known ? std::shared_ptr<const std::string>(known, &known->text) : nullptr;
  spawn(executor, give_text(std::make_shared<TimedStream>(std::move(stream)), own, kManifestType, text, served_));
}

void greet_early(StreamPtr stream, const ManifestDesk& desk, std::function<void(StreamPtr, std::vector<std::byte>)> on_peer) {
  const auto executor = stream->executor();
  spawn(executor, read_greeting(std::make_shared<TimedStream>(std::move(stream)),
                                [desk, on_peer = std::move(on_peer)](StreamPtr greeted, std::vector<std::byte> bytes) {
                                  const auto features = check_handshake_prefix(bytes)
                                                            ? std::nullopt
                                                            : decode_features(decode_handshake(std::span(bytes).first<kHandshakeBytes>()).reserved);
                                  if (features && features->fetch_manifest)
                                    desk.serve(std::move(greeted), nullptr);
                                  else
                                    on_peer(std::move(greeted), std::move(bytes));
                                }));
}

void fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found) {
  std::make_shared<Search>(io, self, id, std::move(sources), std::move(on_found))->next();
}

}  // namespace p2p
