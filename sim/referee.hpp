// Watches what peers put on the wire and stops the run at the first thing that must never happen. It decodes the bytes
// itself and knows nothing of a swarm's own state, so that it cannot share its mistakes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/geometry.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/wire/decoder.hpp"
#include "sim/network.hpp"

namespace p2p::sim {

/// A safety claim does not hold; the text says which, where and when.
class Breach : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The claims: no piece is sent to a neighbor that was told it is choked; at most k neighbors are preferred, and at
/// most k + 1 unchoked (as decided: a choke may wait behind a piece on a slow link while another link's unchoke is
/// out); no peer stores a piece twice; nobody says that the swarm is complete before itself and its neighbors are.
class Referee {
 public:
  Referee(Geometry geometry, std::uint32_t preferred_neighbors) : geometry_(geometry), slots_(preferred_neighbors) {}

  /// `neighbors`: whom the host is linked with, in any order.
  void on_host(HostId host, const Bitfield& stored, std::vector<HostId> neighbors);
  void on_link(End end, bool begins);
  void on_sent(HostId host, End end, std::span<const std::byte> control, std::uint32_t payload, Instant now);
  void on_event(HostId host, const p2p::Event& event, Instant now);
  /// After each batch of decisions.
  void on_settled(HostId host, std::uint32_t unchoked_neighbors, Instant now);

 private:
  struct Sender {
    Decoder decoder;
    bool unchoked = false;
  };

  [[noreturn]] static void breach(const std::string& what, HostId host, Instant now);
  void on_item(HostId host, Sender& sender, const Decoded& item, Instant now);

  Geometry geometry_;
  std::uint32_t slots_;
  std::unordered_map<End, Sender> senders_;
  std::vector<Bitfield> stored_;
  std::vector<std::vector<HostId>> neighbors_;
};

}  // namespace p2p::sim
