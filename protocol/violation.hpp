// The remote's fault: what it did that the protocol forbids. Ends that one session and nothing else.
#pragma once

#include <string>

namespace p2p {

struct Violation {
  std::string reason;  ///< For people: what came and what was expected.
};

}  // namespace p2p
