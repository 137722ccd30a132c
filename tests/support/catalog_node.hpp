// A node that answers questions for its catalog with what a test gives it, whatever the question is.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/catalog.hpp"
#include "peer/discovery/address.hpp"
#include "protocol/wire/message.hpp"
#include "tests/support/text_server.hpp"

namespace p2p::test {

class CatalogNode {
 public:
  /// Answers with this ID. `text`: none: it closes without a word.
  CatalogNode(asio::io_context& io, std::uint32_t id, std::optional<std::string> text)
      : server_(io, [id, text = std::move(text)](const Features& wish) -> std::optional<Bytes> {
          if (!text || !wish.fetch_catalog) return std::nullopt;
          return text_answer(id, wish.content, kCatalogType, *text);
        }) {}
  CatalogNode(asio::io_context& io, std::uint32_t id, const std::vector<config::CatalogEntry>& entries)
      : CatalogNode(io, id, config::catalog_text(entries)) {}

  Address address() const { return {"127.0.0.1", server_.port()}; }
  /// The keys that it was asked for.
  std::vector<ContentPrefix> asked() const {
    std::vector<ContentPrefix> keys;
    for (const Features& wish : server_.asked()) keys.push_back(wish.content);
    return keys;
  }
  void fall_silent() { server_.fall_silent(); }

 private:
  TextServer server_;
};

}  // namespace p2p::test
