// How many descriptors, and so connections, the process may have.
#pragma once

#include <cstdint>

namespace p2p {

/// Raises the soft limit of open files to the hard one, because a large swarm needs more than the usual 1024.
void raise_descriptor_limit();

/// How many connections can be open besides `neighbors` links, a dial to each, and the process' own files.
std::uint32_t spare_connections(std::uint32_t neighbors);

}  // namespace p2p
