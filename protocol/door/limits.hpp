// Every limit on those who have not proven anything, in one table. docs/SECURITY.md says what each is for, and a test
// holds its figures against these.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "protocol/clock.hpp"

namespace p2p {

struct DoorLimits {
  /// Connections whose 32 bytes have not come yet: in all, and from one origin. One too many ends the oldest: the bytes
  /// of an honest caller come at once, so it gets in through any crowd.
  std::uint32_t greeting = 256;
  std::uint32_t greeting_by_origin = 256;
  Duration greeting_time = std::chrono::seconds(10);

  /// Texts (manifests, catalogs) that are being written: in all, and to one origin. One too many ends the one that has
  /// not moved for longest.
  std::uint32_t texts = 64;
  std::uint32_t texts_by_origin = 32;
  /// How long a text may stand still, and, when it is written, how long its reader may take to close.
  Duration text_standstill = std::chrono::seconds(20);
  Duration drain_time = std::chrono::seconds(2);
  std::uint32_t draining = 64;
  /// How many texts one origin may ask for: so many at once, and so many a second for ever.
  std::uint32_t texts_burst = 400;
  std::uint32_t texts_per_second = 50;

  /// Links with exchanges: in all, and from one origin. One too many ends the one that has been unused for longest, if
  /// that is `link_idle` or more; else the newcomer is turned away.
  std::uint32_t links = 2048;
  std::uint32_t links_by_origin = 64;
  Duration link_idle = std::chrono::seconds(1);
  /// Contents that are exchanged with somebody at a time.
  std::uint32_t contents = 256;

  /// For a swarm whose peers are listed: all of them may knock at once, and come from one machine. The swarm decides
  /// which links there are. `spare`: how many connections the process can have beyond one for each peer.
  static DoorLimits listed(std::uint32_t peers, std::uint32_t spare);
  /// For a process that anybody may come to, of which `spare` connections can be had; a content's files take some, too.
  static DoorLimits open(std::uint32_t spare);
};

inline DoorLimits DoorLimits::open(std::uint32_t spare) {
  DoorLimits limits;
  limits.greeting = std::clamp(spare / 4, 8u, limits.greeting);
  limits.texts = std::clamp(spare / 8, 4u, limits.texts);
  limits.draining = limits.texts;
  limits.links = std::clamp(spare / 2, 8u, limits.links);
  limits.contents = std::clamp(spare / 8, 4u, limits.contents);
  limits.greeting_by_origin = std::min(limits.greeting_by_origin, limits.greeting);
  limits.texts_by_origin = std::min(limits.texts_by_origin, limits.texts);
  limits.links_by_origin = std::min(limits.links_by_origin, limits.links);
  return limits;
}

inline DoorLimits DoorLimits::listed(std::uint32_t peers, std::uint32_t spare) {
  constexpr std::uint32_t kSpareCallers = 64;
  constexpr std::uint32_t kFewestCallers = 8;
  constexpr std::uint32_t kTextsAPeer = 8;
  DoorLimits limits;
  limits.greeting = std::max(kFewestCallers, std::min(peers + kSpareCallers, spare));
  limits.greeting_by_origin = limits.greeting;
  limits.texts_by_origin = limits.texts;
  limits.texts_burst = std::max(limits.texts_burst, kTextsAPeer * peers);
  limits.links = UINT32_MAX;
  limits.links_by_origin = UINT32_MAX;
  limits.contents = UINT32_MAX;
  return limits;
}

}  // namespace p2p
