// Why a peer that we dial is not linked.
#pragma once

#include <cstdint>

namespace p2p {

enum class DialFault : std::uint8_t {
  none,        ///< No dial has failed since the last link.
  unresolved,  ///< Nothing is known under the host's name.
  refused,     ///< Nobody listens there.
  timed_out,   ///< Nothing came back.
  no_route,    ///< A network says that it does not lead there.
  unsealed,    ///< No TLS connection comes of it: keys differ, or it has none.
  local,       ///< This machine could not: no descriptor, for instance.
  hung_up,     ///< It ended the connection without a handshake, as a peer does that does not want us.
  silent,      ///< It took the connection and sent no handshake.
  foreign,     ///< It sent something that is no handshake of this swarm.
  wrong_id,    ///< Another peer answers there.
};

}  // namespace p2p
