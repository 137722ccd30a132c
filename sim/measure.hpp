// What a run came to, in numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/clock.hpp"

namespace p2p::sim {

/// What the measures are made from. Rates in bytes a second, one entry a leecher or host.
struct Observed {
  std::uint64_t file_size = 0;
  std::vector<double> seed_up_Bps;
  std::vector<double> leecher_up_Bps;
  std::vector<double> leecher_down_Bps;
  std::vector<double> completion_s;     ///< Of the leechers that completed.
  std::uint64_t seed_sent_payload = 0;  ///< Bytes.
  std::uint64_t received_payload = 0;   ///< By all peers.
  std::uint64_t stored_payload = 0;
  std::uint64_t control_bytes = 0;
};

struct Measures {
  double makespan_s = 0;  ///< Until the last leecher completed.
  double mean_s = 0;      ///< Completion time.
  double p99_s = 0;
  double fluid_bound_s = 0;           ///< No schedule is faster than this, see fluid_bound_s().
  double ratio = 0;                   ///< makespan / fluid bound.
  double seed_upload_ratio = 0;       ///< Payload that the seeds sent, in files.
  std::uint64_t duplicate_bytes = 0;  ///< Payload received and not stored.
  std::uint64_t control_bytes = 0;    ///< Everything on the wire that is no payload.
  double jain = 0;        ///< Of the leechers' mean rates: 1 when all are equal, 1/n when one has everything.
  bool complete = false;  ///< Every leecher has the file.
};

/// The fluid lower bound: the seeds must send the file once, the slowest downlink must receive it, and all uplinks
/// together must carry it to every leecher (Kumar and Ross, "Peer-assisted file distribution", 2006).
double fluid_bound_s(const Observed& observed);

Measures measure(const Observed& observed);

}  // namespace p2p::sim
