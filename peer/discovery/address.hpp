// Where nodes are: what --join says, and what a cluster's file says.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "peer/discovery/rendezvous.hpp"

namespace p2p {

/// How somebody is reached who may be a node.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

constexpr std::uint16_t kUsualPort = 5000;

/// `HOST:PORT`, an IPv6 address in brackets.
std::string to_string(const Address& address);
/// With commas between them.
std::string to_string(const std::vector<Address>& addresses);

/// The inverse. None when it is something else. With a `usual_port` the port may be left out.
std::optional<Address> parse_address(std::string_view text, std::optional<std::uint16_t> usual_port = {});

std::vector<Rendezvous> to_rendezvous(const std::vector<Address>& addresses);

bool is_loopback(const std::string& host);

}  // namespace p2p
