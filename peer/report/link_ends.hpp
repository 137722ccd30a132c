// How many connections ended, and why: one line at the end, and the proof that refusals are counted.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "protocol/swarm/events.hpp"

namespace p2p {

class LinkEnds {
 public:
  /// Looks at any event; the ends of connections count.
  void count(const Event& event);

  /// "links ended: 3 violations, 1 handshake time-out"; "links ended: none".
  std::string describe() const;

 private:
  std::array<std::uint64_t, kEndKinds> counts_{};  ///< By EndKind.
};

}  // namespace p2p
