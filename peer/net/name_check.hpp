// Which names of a list nobody knows: for --check, which connects to nobody.
#pragma once

#include <string>
#include <vector>

namespace p2p {

/// Those of `hosts` that cannot be resolved, in order, none twice. Asks for several at the same time; a name server
/// that does not answer takes as long as the system lets it.
std::vector<std::string> unresolved(const std::vector<std::string>& hosts);

}  // namespace p2p
