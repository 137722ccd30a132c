#include "sim/measure.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace p2p::sim {
namespace {

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double jain_index(const std::vector<double>& values) {
  double squares = 0;
  for (const double v : values) squares += v * v;
  const double total = sum(values);
  return squares > 0 ? total * total / (static_cast<double>(values.size()) * squares) : 0;
}

}  // namespace

double fluid_bound_s(const Observed& o) {
  if (o.leecher_up_Bps.empty()) return 0;
  const auto size = static_cast<double>(o.file_size);
  const double seeds_up = sum(o.seed_up_Bps);
  const double slowest_down = *std::ranges::min_element(o.leecher_down_Bps);
  const double n = static_cast<double>(o.leecher_up_Bps.size());
  return std::max({size / seeds_up, size / slowest_down, n * size / (seeds_up + sum(o.leecher_up_Bps))});
}

Measures measure(const Observed& o) {
  Measures m;
  m.fluid_bound_s = fluid_bound_s(o);
  m.complete = o.completion_s.size() == o.leecher_up_Bps.size();
  m.seed_upload_ratio = static_cast<double>(o.seed_sent_payload) / static_cast<double>(o.file_size);
  m.duplicate_bytes = o.received_payload - o.stored_payload;
  m.control_bytes = o.control_bytes;
  if (o.completion_s.empty()) return m;
  std::vector<double> times = o.completion_s;
  std::ranges::sort(times);
  m.makespan_s = times.back();
  m.mean_s = sum(times) / static_cast<double>(times.size());
  m.p99_s = times[static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(times.size()))) - 1];
  m.ratio = m.fluid_bound_s > 0 ? m.makespan_s / m.fluid_bound_s : 0;
  std::vector<double> rates;
  for (const double t : times) rates.push_back(t > 0 ? 1 / t : 0);
  m.jain = jain_index(rates);
  return m;
}

}  // namespace p2p::sim
