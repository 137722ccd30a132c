#include "peer/discovery/catalog_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "peer/net/text_link.hpp"
#include "peer/storage/digest.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using OnAnswer = std::function<void(const CatalogAnswer&)>;

asio::awaitable<void> ask(std::shared_ptr<TimedStream> timed, PeerId self, Features wish, std::string name, OnAnswer on_answer) {
  ReceivedText received;
  try {
    received = co_await receive_text(timed, self, wish, kCatalogType, config::CatalogEntry::kMaxTextBytes);
  } catch (const std::system_error& error) {
    spdlog::info("{} gave no catalog: {}", name, error.code().message());
  }
  timed->close();
  CatalogAnswer answer{.failure = {DialFailure::Kind::other, name + " gives no catalog: it is none of our nodes, or too busy"}};
  // One that has nothing for us says nothing, as one of another network does.
  if (received.declined) answer.catalog = NodeCatalog{};
  if (received.text) {
    try {
      answer.catalog = NodeCatalog{received.from, config::parse_catalog(*received.text, "the catalog of " + name)};
    } catch (const config::ConfigError& error) {
      spdlog::warn("{}", error.what());
    }
  }
  on_answer(answer);
}

}  // namespace

ContentPrefix catalog_key(std::string_view network, std::string_view question) {
  const std::string text = "peerProcess catalog\n" + std::to_string(network.size()) + "\n" + std::string(network) + std::string(question);
  const Sha256Digest digest = sha256(std::as_bytes(std::span(text)));
  ContentPrefix key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

void ask_catalog(asio::io_context& io, PeerId self, const Address& address, const std::string& network, const std::string& question, OnAnswer on_answer) {
  const Features wish{.fetch_catalog = true, .content = catalog_key(network, question)};
  const auto shared = std::make_shared<OnAnswer>(std::move(on_answer));
  dial(
      io, address.host, address.port,
      [&io, self, wish, name = to_string(address), shared](StreamPtr stream) {
        spawn(io, ask(std::make_shared<TimedStream>(std::move(stream)), self, wish, name, *shared));
      },
      [shared](const DialFailure& failure) {
        spdlog::info("no node: {}", failure.text);
        (*shared)({.failure = failure});
      });
}

}  // namespace p2p
