// Asking a node for the members that it knows (docs/PROTOCOL.md, "Asking for members"). Its answer proves that it is a
// node of our network; what the answer names are hints.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "config/member_list.hpp"
#include "peer/discovery/address.hpp"
#include "peer/keys/network.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/dialer.hpp"
#include "protocol/ids.hpp"
#include "protocol/wire/features.hpp"
#include "protocol/wire/introduction.hpp"

namespace p2p {

/// What stands in the place of a content in a handshake that asks for members.
ContentPrefix members_key(const Network& network);

struct MembersAnswer {
  PeerId peer;                    ///< As its handshake says.
  config::MemberAddress address;  ///< Where it answered.
  std::vector<config::Member> members;
};

/// Asks once, introduces itself, and calls `on_answer` once, never before this returns; with none when there is no
/// answer, after a minute at the latest.
void ask_members(asio::io_context& io, PeerId self, const Address& address, const Network& network,
                 const Introduction& introduction, std::function<void(const std::optional<MembersAnswer>&)> on_answer);

config::MemberAddress member_address(const asio::ip::address& ip, std::uint16_t port);
Address address_of(const config::MemberAddress& member);

}  // namespace p2p
