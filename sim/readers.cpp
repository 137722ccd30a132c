#include "sim/readers.hpp"

#include <algorithm>

namespace p2p::sim {

Readers::Readers(std::vector<ReaderSpec> readers, const Geometry& geometry) : geometry_(geometry) {
  for (const ReaderSpec& spec : readers) readers_.push_back({.spec = spec, .place = spec.first});
}

bool Readers::awaits(std::uint32_t reader, HostId host, PieceIndex piece) const {
  const Reader& r = readers_[reader];
  return r.spec.host == host && r.began && !r.ended && r.place == piece;
}

Readers::Step Readers::step(std::uint32_t reader, const Bitfield& stored, Instant now) {
  Reader& r = readers_[reader];
  if (!r.began) r.began = r.ready = now;
  if (r.ended || now < r.ready) return {.window = r.ended ? std::nullopt : std::optional(r.place)};
  while (r.place.value < stored.size() && stored.test(r.place) && now >= r.ready) {
    if (r.first_byte) {
      r.longest_stall = std::max(r.longest_stall, now - r.ready);
      r.stalled += now - r.ready;
    } else {
      r.first_byte = now;
    }
    r.ready = now;
    if (r.spec.rate_Bps > 0) r.ready += from_seconds(geometry_.size_of(r.place) / r.spec.rate_Bps);
    ++r.place.value;
  }
  if (r.place.value == stored.size()) {
    r.ended = r.ready;
    return {};
  }
  return {.window = r.place, .again = r.ready > now ? r.ready : kNever};
}

bool Readers::all_ended() const {
  return std::ranges::all_of(readers_, [](const Reader& r) { return r.ended.has_value(); });
}

ReaderMeasures Readers::measures() const {
  ReaderMeasures m;
  const double share = 1 / static_cast<double>(std::max<std::size_t>(readers_.size(), 1));
  for (const Reader& r : readers_) {
    if (!r.ended) {
      ++m.unfinished;
      continue;
    }
    const double first_byte_s = seconds(*r.first_byte - *r.began);
    m.first_byte_s = std::max(m.first_byte_s, first_byte_s);
    m.first_byte_mean_s += share * first_byte_s;
    m.longest_stall_s = std::max(m.longest_stall_s, seconds(r.longest_stall));
    m.stalled_mean_s += share * seconds(r.stalled);
    m.last_ended_s = std::max(m.last_ended_s, seconds(*r.ended - *r.began));
  }
  return m;
}

}  // namespace p2p::sim
