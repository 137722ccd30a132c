#include "peer/report/scan_progress.hpp"

#include <memory>
#include <optional>

#include "peer/ground/clock.hpp"

namespace p2p {

OnScan scan_progress(ProgressMode mode) {
  struct Check {
    ProgressLine line;
    RecentRate rate;
  };
  // Shared, because a function can be copied and a line is one.
  return [mode, check = std::make_shared<std::optional<Check>>()](const ScanProgress& scan) {
    if (scan.done_bytes == scan.total_bytes) {
      if (*check) (*check)->line.clear();
      check->reset();
      return;
    }
    if (!*check) check->emplace(Check{ProgressLine(mode), {}});
    auto& [line, rate] = **check;
    rate.sample(scan.done_bytes, now());
    const auto done = static_cast<double>(scan.done_bytes);
    const auto total = static_cast<double>(scan.total_bytes);
    line.show(scan.done_bytes, scan.total_bytes,
              "checking what is on disk: " + megabytes(done) + " of " + megabytes(total) + ", " +
                  megabytes(rate.bytes_per_s()) + "/s, " + time_left(total - done, rate.bytes_per_s()) + " left");
  };
}

}  // namespace p2p
