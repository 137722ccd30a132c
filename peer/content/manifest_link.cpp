#include "peer/content/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "config/config_error.hpp"
#include "peer/content/manifest_search.hpp"
#include "peer/ground/clock.hpp"
#include "peer/ground/random_seed.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/text_link.hpp"
#include "protocol/wire/features.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

constexpr std::uint32_t kRoundsBeforeWord = 5;

/// One search for a manifest; lives until it is found or the process ends. Whom it asks when is ManifestSearch's
/// decision.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources,
         std::function<void(ManifestPtr)> on_found, std::function<void(const std::string&)> on_none)
      : io_(io),
        self_(self),
        id_(id),
        sources_(std::move(sources)),
        on_found_(std::move(on_found)),
        on_none_(std::move(on_none)),
        timer_(io),
        steps_(static_cast<std::uint32_t>(sources_.size()), random_seed(), now()),
        sockets_(sources_.size()) {}

  /// Asks whoever is to be asked now, and comes back when the next one is.
  void go_on() {
    if (over_) return;
    // A dial may fail at once, and come back to here: the timer that is set last counts.
    while (const auto source = steps_.poll(now())) ask_source(*source);
    if (!warned_ && steps_.rounds() >= kRoundsBeforeWord) {
      warned_ = true;
      spdlog::warn("no peer that can be reached has the manifest; asking on");
    }
    timer_.cancel();
    const Instant next = steps_.next_deadline();
    if (next == kNever) return;
    timer_.expires_at(to_steady(next));
    timer_.async_wait([self = shared_from_this()](const std::error_code& error) {
      if (!error) self->go_on();
    });
  }

  void end() {
    over_ = true;
    timer_.cancel();
    for (const auto& socket : sockets_)
      if (const auto alive = socket.lock()) alive->close();
  }

 private:
  void ask_source(std::uint32_t index) {
    const ManifestSource& source = sources_[index];
    dial(
        io_, source.host, source.port,
        [self = shared_from_this(), index](StreamPtr stream) {
          const auto timed = std::make_shared<TimedStream>(std::move(stream));
          self->sockets_[index] = timed;
          spawn(self->io_, ask(self, timed, index));
        },
        [self = shared_from_this(), index](const DialFailure&) { self->failed(index); }, source.key);
  }

  void failed(std::uint32_t index) {
    steps_.on_failed(index, now());
    go_on();
  }

  void succeed(ManifestPtr known) {
    end();
    on_found_(std::move(known));
  }

  static asio::awaitable<void> ask(std::shared_ptr<Search> self, std::shared_ptr<TimedStream> timed,
                                   std::uint32_t index) {
    const PeerId peer = self->sources_[index].peer;
    const Features wish{.fetch_manifest = true, .content = prefix_of(self->id_)};
    std::optional<std::string> text;
    try {
      if (!self->over_) {
        ReceivedText received =
            co_await receive_text(timed, self->self_, wish, kManifestType, config::Manifest::kMaxTextBytes);
        text = std::move(received.text);
        if (!received.same_content) spdlog::info("peer {} knows nothing of this manifest", peer.value);
      }
    } catch (const std::system_error& error) {
      if (!self->over_) spdlog::info("peer {} did not give the manifest: {}", peer.value, error.code().message());
    }
    if (self->over_) co_return;
    ManifestPtr known;
    if (text) {
      try {
        known = check_manifest(std::move(*text), self->id_, "the manifest from peer " + std::to_string(peer.value));
      } catch (const config::ConfigError& error) {
        if (!self->on_none_) throw;
        self->end();
        self->on_none_(error.what());
        co_return;
      }
      if (!known)
        spdlog::warn("peer {} gave something else than the manifest: its SHA-256 is not the content id", peer.value);
    }
    if (known)
      self->succeed(std::move(known));
    else
      self->failed(index);
  }

  asio::io_context& io_;
  PeerId self_;
  ContentId id_;
  std::vector<ManifestSource> sources_;
  std::function<void(ManifestPtr)> on_found_;
  std::function<void(const std::string&)> on_none_;
  asio::steady_timer timer_;  ///< At steps_.next_deadline().
  ManifestSearch steps_;
  std::vector<std::weak_ptr<TimedStream>> sockets_;  ///< By source.
  bool over_ = false;                                ///< The manifest is found, or nobody wants it any more.
  bool warned_ = false;
};

}  // namespace

std::function<void()> fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id,
                                     std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found,
                                     std::function<void(const std::string&)> on_none) {
  const auto search =
      std::make_shared<Search>(io, self, id, std::move(sources), std::move(on_found), std::move(on_none));
  search->go_on();
  return [weak = std::weak_ptr(search)] {
    if (const auto alive = weak.lock()) alive->end();
  };
}

}  // namespace p2p
