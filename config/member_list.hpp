// A member list: which nodes of a network a node has heard of, and when (docs/PROTOCOL.md, "Asking for members").
//
// It comes from anybody, so the parser takes any bytes and gives members that keep every invariant below or a
// ConfigError. There is one spelling of each list: what is accepted is what member_list_text() writes. So there are no
// blank lines, no comments, no names of hosts, and nothing of a later version; that would show another first line.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"

namespace p2p::config {

/// An IP address and a port, as a value. An IPv4 address is the IPv6 address ::ffff:a.b.c.d. There is no zone.
struct MemberAddress {
  std::array<std::byte, 16> ip{};
  std::uint16_t port = 0;  ///< Not 0.

  static MemberAddress v4(std::array<std::byte, 4> address, std::uint16_t port);

  bool is_v4() const;
  bool is_loopback() const;
  /// Whether one machine can have it: neither multicast, nor unspecified, nor broadcast.
  bool is_unicast() const;
  /// The address without its port and without brackets: four decimal numbers, or all eight groups of an IPv6 address.
  std::string host() const;

  friend auto operator<=>(const MemberAddress&, const MemberAddress&) = default;
};

struct Member {
  static constexpr std::uint32_t kMaxId = 0x7fffffff;
  static constexpr std::uint32_t kMaxAge = 86'400;

  MemberAddress address;      ///< Of one machine.
  std::uint32_t id = 0;       ///< At most kMaxId.
  std::uint32_t heard_s = 0;  ///< Whole seconds since the member was heard of; at most kMaxAge.

  friend auto operator<=>(const Member&, const Member&) = default;
};

constexpr std::size_t kMostMembers = 4'096;
/// The longest list in bytes.
constexpr std::size_t kMaxMemberListBytes = 32 + kMostMembers * 80;

/// Reads a list; `source` names it in messages. The members are in ascending order of heard_s, and no address is there
/// twice. Throws ConfigError with the first thing that is wrong.
std::vector<Member> parse_member_list(std::string_view text, const std::string& source);

/// The text that says just this. Precondition: the invariants hold.
std::string member_list_text(const std::vector<Member>& members);

}  // namespace p2p::config
