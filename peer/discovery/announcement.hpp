// Announcements in the DHT, as bytes: that a node is up, or that it holds something, and the taking back of either
// (docs/PROTOCOL.md, "Discovery"). Everything here may come from anybody, so nothing is kept that is not checked.
// Absent: keys (key.hpp), and the DHT itself (dht_node.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "peer/discovery/discovery.hpp"
#include "peer/keys/network.hpp"
#include "peer/storage/digest.hpp"

namespace p2p {

/// Known to the announcer alone, until it takes the announcement back by showing it.
using AnnouncementSecret = std::array<std::byte, 16>;

struct Announcement {
  Sha256Digest seal = {};  ///< SHA-256 of a secret.
  Node node;
  std::optional<Holding> holding = {};  ///< Empty: the node itself.

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// Stands in the place of an announcement until that would have run out.
struct Withdrawal {
  AnnouncementSecret secret = {};

  friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

/// The longest encoding of either.
constexpr std::size_t kLongestAnnouncement = 2 + 32 + 4 + 2 + 2 + 253 + 8 + 32 + 2 + kLongestHoldingName;

/// Whether others accept it: a port, an ID and a host as in PeerInfo.cfg.
bool is_valid(const Node& node);
/// Whether others accept it: the name is a path that could stand in a manifest, of at most kLongestHoldingName bytes.
bool is_valid(const Holding& holding);

Sha256Digest seal_of(const AnnouncementSecret& secret);

/// Precondition: what it holds is valid.
std::vector<std::byte> encode(const Announcement& announcement);
std::vector<std::byte> encode(const Withdrawal& withdrawal);

/// Empty when `bytes` are not exactly one valid announcement or withdrawal. So there is one encoding of each value:
/// encode() gives back what was accepted.
std::optional<std::variant<Announcement, Withdrawal>> decode_announcement(std::span<const std::byte> bytes);

/// The value that the DHT has of an encoding: in an open network that itself; in a private one a box, made anew each
/// time, in which the encoding is filled up, so that the length says little of what is in it.
std::vector<std::byte> to_value(std::vector<std::byte> encoding, const Network& network);
/// Empty when it is no value of this network.
std::optional<std::variant<Announcement, Withdrawal>> read_value(std::span<const std::byte> value,
                                                                 const Network& network);
/// The longest that to_value() makes.
std::size_t longest_value(const Network& network);

/// What tells the values under one key apart: the first 8 bytes of the SHA-256 of an announcement's value; never 0.
std::uint64_t announcement_number(std::span<const std::byte> value);

/// Whether a node keeps this value for others: an announcement under its own number.
bool may_store(std::span<const std::byte> value, std::uint64_t number, const Network& network);
/// Whether what is kept may be replaced by the other: by a withdrawal that shows the announcement's secret.
bool may_replace(std::span<const std::byte> kept, std::span<const std::byte> other, const Network& network);

}  // namespace p2p
