// A node that answers questions for its catalog with what a test gives it, whatever the question is.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/catalog.hpp"
#include "peer/discovery/address.hpp"
#include "peer/net/tcp_stream.hpp"
#include "peer/net/text_link.hpp"
#include "protocol/wire/message.hpp"

namespace p2p::test {

class CatalogNode {
 public:
  /// Answers with this ID. `text`: what is said; none: it closes without a word.
  CatalogNode(asio::io_context& io, std::uint32_t id, std::optional<std::string> text)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), id_(id), text_(std::move(text)) {
    accept();
  }
  CatalogNode(asio::io_context& io, std::uint32_t id, const std::vector<config::CatalogEntry>& entries)
      : CatalogNode(io, id, config::catalog_text(entries)) {}

  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  /// The keys that it was asked for.
  const std::vector<ContentPrefix>& asked() const { return asked_; }
  /// From now on it answers nothing, and keeps the connections open.
  void fall_silent() { silent_ = true; }

 private:
  void accept() {
    acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
      if (error) return;
      spawn(acceptor_.get_executor(), read_greeting(std::make_shared<TimedStream>(std::make_unique<TcpStream>(std::move(socket))),
                                                    [this](StreamPtr stream, std::vector<std::byte> bytes) { answer(std::move(stream), bytes); }));
      accept();
    });
  }

  void answer(StreamPtr stream, std::span<const std::byte> bytes) {
    const auto features = decode_features(decode_handshake(bytes.first<kHandshakeBytes>()).reserved);
    if (!features || !features->fetch_catalog) return;
    asked_.push_back(features->content);
    if (silent_) return kept_.push_back(std::move(stream));
    if (!text_) return;
    const auto executor = stream->executor();
    spawn(executor, give_text(std::make_shared<TimedStream>(std::move(stream)), {PeerId{id_}, encode(Features{.content = features->content})}, kCatalogType,
                              std::make_shared<const std::string>(*text_), nullptr));
  }

  tcp::acceptor acceptor_;
  std::uint32_t id_;
  std::optional<std::string> text_;
  std::vector<ContentPrefix> asked_;
  bool silent_ = false;
  std::vector<StreamPtr> kept_;
};

}  // namespace p2p::test
