// Asking a sharing process what it offers (docs/PROTOCOL.md, "Asking for a catalog"). Its own word is newer than
// what others were told about it, so `get` asks each node that it hears of before it believes anything.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/catalog.hpp"
#include "config/fingerprint.hpp"
#include "peer/discovery/address.hpp"
#include "peer/discovery/answer_room.hpp"
#include "peer/keys/network.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/dialer.hpp"
#include "protocol/ids.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {

/// What stands in the place of a content in a handshake that asks for a catalog: the first 8 bytes of a digest of
/// network and question. The question is a file's name, a folder's with a slash behind it for all names that begin so,
/// a content id in 64 lower-case digits, empty for all that is offered, or a slash for all with what manifests follow
/// from. A node of another network answers with nothing, because no question of its own looks so.
ContentPrefix catalog_key(const Network& network, std::string_view question);

struct NodeCatalog {
  PeerId peer;     ///< As its handshake says.
  std::string ip;  ///< Of the machine that answered: what its host's name led to.
  std::vector<config::CatalogEntry> entries;
  bool whole = true;                            ///< False: there are more, for which there is no room.
  std::optional<config::Fingerprint> key = {};  ///< That it has proven, in a private network.
};

/// What comes of asking: a catalog, or why there is none.
struct CatalogAnswer {
  std::optional<NodeCatalog> catalog = {};
  DialFailure failure = {};
};

/// Asks once, and calls `on_answer` once, never before this returns, at the latest when a minute and the time for its
/// text on a slow line are over. `room` holds the answer; the caller reports which of the entries it keeps. `on_begun`,
/// which may be null: the catalog begins to come.
void ask_catalog(asio::io_context& io, PeerId self, const Address& address, const Network& network,
                 const std::string& question, std::shared_ptr<AnswerRoom> room, std::function<void()> on_begun,
                 std::function<void(const CatalogAnswer&)> on_answer);

}  // namespace p2p
