#include "peer/discovery/catalog_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "peer/net/text_link.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using OnAnswer = std::function<void(const CatalogAnswer&)>;

/// The same for an IPv4 address however it is written.
std::string ip_of(const Stream& stream) {
  const asio::ip::address& address = stream.remote().address;
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
             : address.to_string();
}

std::optional<config::Fingerprint> key_of(const Stream& stream) {
  const auto& proof = stream.remote().proof;
  return proof ? std::optional(config::Fingerprint{proof->key}) : std::nullopt;
}

asio::awaitable<void> ask(std::shared_ptr<TimedStream> timed, PeerId self, Features wish, std::string name,
                          std::shared_ptr<AnswerRoom> room, std::function<void()> on_begun, OnAnswer on_answer) {
  ReceivedText received;
  const std::string ip = ip_of(*timed->stream);
  const AnswerRoom::Ticket ticket = room->begin([timed] { timed->close(); });
  try {
    received = co_await receive_text(timed, self, wish, kCatalogType, config::CatalogEntry::kMaxTextBytes,
                                     [&](std::size_t bytes) {
                                       if (on_begun) std::exchange(on_begun, nullptr)();
                                       room->hold(ticket, bytes);
                                     });
  } catch (const std::system_error& error) {
    spdlog::info("{} gave no catalog: {}", name, error.code().message());
  }
  timed->close();
  CatalogAnswer answer{
      .failure = {DialFailure::Kind::other, name + " gives no catalog: it is none of our nodes, or too busy"}};
  // One that has nothing for us says nothing, as one of another network does.
  if (received.declined) answer.catalog = NodeCatalog{};
  if (received.text) {
    try {
      auto [entries, whole] = config::parse_catalog_part(*received.text, "the catalog of " + name, room->for_one());
      answer.catalog = NodeCatalog{received.from, ip, std::move(entries), whole, key_of(*timed->stream)};
    } catch (const config::ConfigError& error) {
      spdlog::warn("{}", error.what());
    }
  }
  received.text.reset();
  room->end(ticket);
  on_answer(answer);
}

}  // namespace

ContentPrefix catalog_key(const Network& network, std::string_view question) {
  const std::string text =
      "peerProcess catalog\n" + std::to_string(network.name().size()) + "\n" + network.name() + std::string(question);
  const Sha256Digest digest = network.digest(text);
  ContentPrefix key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

void ask_catalog(asio::io_context& io, PeerId self, const Address& address, const Network& network,
                 const std::string& question, std::shared_ptr<AnswerRoom> room, std::function<void()> on_begun,
                 OnAnswer on_answer) {
  const Features wish{.fetch_catalog = true, .content = catalog_key(network, question)};
  const auto shared = std::make_shared<OnAnswer>(std::move(on_answer));
  dial(
      io, address.host, address.port,
      [&io, self, wish, name = to_string(address), room = std::move(room), on_begun = std::move(on_begun),
       shared](StreamPtr stream) {
        spawn(io, ask(std::make_shared<TimedStream>(std::move(stream)), self, wish, name, room, on_begun, *shared));
      },
      [shared](const DialFailure& failure) {
        spdlog::info("no node: {}", failure.text);
        (*shared)({.failure = failure});
      });
}

}  // namespace p2p
