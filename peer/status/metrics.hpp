// /metrics: the text format of Prometheus, version 0.0.4 (docs/STATUS.md has the table).
#pragma once

#include <string>

#include "peer/status/status.hpp"

namespace p2p {

std::string to_metrics(const Status& status);

}  // namespace p2p
