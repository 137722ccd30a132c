// Where in the DHT something is announced (docs/PROTOCOL.md, "Discovery"). The name of the network is part of each key
// and of the number that OpenDHT keeps its own networks apart by, so that networks that meet still cannot find each
// other. Of a private network nobody else can tell what a key is of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "peer/storage/content.hpp"

namespace p2p {

class Network;

/// 160 bits, as in every Kademlia: the beginning of Network::digest().
using DhtKey = std::array<std::byte, 20>;

/// Under which all nodes of the network announce themselves.
DhtKey node_key(const Network& network);
/// Under which the holders of something called `name` are.
DhtKey name_key(const Network& network, std::string_view name);
/// Under which the holders of a content are.
DhtKey content_key(const Network& network, const ContentId& id);

/// Never 0, which is OpenDHT's public network.
std::uint32_t network_number(const Network& network);

}  // namespace p2p
