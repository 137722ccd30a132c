// /status.json (docs/STATUS.md).
#pragma once

#include <string>

#include "peer/status/status.hpp"

namespace p2p {

/// One object, a line with its end. Valid UTF-8 whatever texts are in it.
std::string to_json(const Status& status);

/// What a leader of many processes wants of each (--json-progress), a line with its end. The same.
std::string to_progress_json(const Status& status);

/// As docs/STATUS.md says: base64 with padding.
std::string to_base64(const Bitfield& pieces);

}  // namespace p2p
