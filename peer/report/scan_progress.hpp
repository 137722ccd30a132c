// How far a check of the pieces on disk is, with the look of all progress.
#pragma once

#include "peer/report/progress_line.hpp"
#include "peer/storage/scan.hpp"

namespace p2p {

/// Shows a line while a check runs, and removes it at its end. May be used for several checks, one after the other.
OnScan scan_progress(ProgressMode mode);

}  // namespace p2p
