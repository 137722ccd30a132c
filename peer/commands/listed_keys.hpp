// The keys of a swarm whose peers are listed (docs/PROTOCOL.md, "TLS").
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "config/peer_info.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/tls_keys.hpp"

namespace p2p {

/// Null where the lines have no keys. Our own key is in peer_<ID>.key in `directory`. Throws ExitError
/// (not_authorised) when there is none, or another than our line says, and what PrivateKey::read() throws.
std::shared_ptr<TlsKeys> listed_keys(const std::vector<config::PeerLine>& peers, std::size_t self,
                                     const std::filesystem::path& directory);

/// After the lines have changed, where they have keys: these are let in from now on.
void reseal_listed(asio::io_context& io, const std::vector<config::PeerLine>& peers);

/// Has every connection of this process sealed where the lines have keys. To be called before anything listens. Throws
/// as listed_keys().
void seal_listed(asio::io_context& io, const std::vector<config::PeerLine>& peers, std::size_t self,
                 const std::filesystem::path& directory);

}  // namespace p2p
