// Readers at simulated peers: each takes the file in order from some place on, as fast as it comes or at a rate of its
// own, as a player or a download over HTTP does.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/clock.hpp"
#include "protocol/geometry.hpp"
#include "sim/network.hpp"

namespace p2p::sim {

struct ReaderSpec {
  HostId host;
  PieceIndex first{};        ///< Where it begins; it reads to the end.
  Duration after{};          ///< When it comes, from the start of its host.
  double rate_Bps = 0;       ///< How fast it reads at most, bytes a second; 0: as fast as pieces come.
  std::uint32_t count = 64;  ///< Pieces that it wants to come first.
};

struct ReaderMeasures {
  double first_byte_s = 0;  ///< From when the slowest came until its first piece was there.
  double first_byte_mean_s = 0;
  double longest_stall_s = 0;  ///< The longest that any waited for a piece but its first.
  double stalled_mean_s = 0;   ///< How long they waited altogether, likewise.
  double last_ended_s = 0;     ///< From when it came until it had read to the end; of the slowest.
  std::uint32_t unfinished = 0;
};

/// Decides alone; the simulation asks it and carries out what it says.
class Readers {
 public:
  Readers(std::vector<ReaderSpec> readers, const Geometry& geometry);

  std::uint32_t size() const { return static_cast<std::uint32_t>(readers_.size()); }
  const ReaderSpec& spec(std::uint32_t reader) const { return readers_[reader].spec; }
  /// Whether it waits for this piece of its host.
  bool awaits(std::uint32_t reader, HostId host, PieceIndex piece) const;

  struct Step {
    std::optional<PieceIndex> window;  ///< What it waits for next; none: it has all that it reads.
    Instant again = kNever;            ///< When it is to be asked again even when no piece comes.
  };
  /// The reader's time has come, or a piece that it awaits. `stored`: what its host has.
  Step step(std::uint32_t reader, const Bitfield& stored, Instant now);

  bool all_ended() const;
  ReaderMeasures measures() const;

 private:
  struct Reader {
    ReaderSpec spec;
    PieceIndex place{};  ///< The next piece to read.
    std::optional<Instant> began{};
    std::optional<Instant> first_byte{};
    std::optional<Instant> ended{};
    Instant ready{};  ///< When it has used up what it read; it waits from then on.
    Duration longest_stall{};
    Duration stalled{};
  };

  std::vector<Reader> readers_;
  Geometry geometry_;
};

}  // namespace p2p::sim
