// How a running process stands, as a value: what /status.json and /metrics say (docs/STATUS.md has each field's
// meaning).
//
// The network thread makes one when somebody asks; from then on it does not change, so that other threads may read it.
// Times are seconds since 1970, rates bytes a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "peer/status/event_record.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/swarm/dial_fault.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// Why something is missing and nothing comes.
enum class Wait : std::uint8_t { choked, nobody_holds, disk, hash, socket, other };
constexpr std::size_t kWaits = 6;

struct Status {
  struct Process {
    std::uint32_t id = 0;
    std::string mode;
    std::optional<std::string> address{};
    std::string version;
    int pid = 0;
    std::string run;
    double started = 0;
    double uptime = 0;
  };
  struct Subject {
    std::string kind = "file";
    std::string name;
    std::optional<std::string> id{};
    std::uint64_t size = 0;
    std::uint32_t piece_size = 0;
    std::uint32_t pieces = 0;
    std::uint32_t stored = 0;
    std::uint64_t stored_bytes = 0;
    std::optional<Bitfield> have{};
    std::uint32_t counts_from = 0;
    std::uint64_t files = 1;
    std::uint64_t files_done = 0;
  };
  struct State {
    Phase phase = Phase::starting;
    double since = 0;
    bool complete = false;
    bool ready = false;
    std::string exit_when = "all";
    std::optional<double> leaves_at{};
    std::optional<double> eta{};
  };
  struct Totals {
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    std::uint64_t pieces_stored = 0, pieces_rejected = 0;
    std::uint64_t links_established = 0;
    std::array<std::uint64_t, kEndKinds> links_ended{};  ///< By EndKind.
  };
  struct Halt {
    Stuck why;
    std::string text;
    double since = 0;
  };
  struct Neighbor {
    std::uint32_t id = 0;
    std::string content;
    std::optional<std::string> address{};
    bool linked = false;
    std::optional<double> linked_at{};
    bool met = false;
    std::optional<Direction> direction{};
    DialFault fault = DialFault::none;
    bool complete = false;
    std::uint32_t pieces = 0;
    std::optional<Bitfield> have{};
    bool offers = false;
    double received_rate = 0, sent_rate = 0;
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    bool chokes_us = true, choked = true;
    bool interested = false, interested_in_us = false;
    bool preferred = false, optimistic = false;
    std::uint32_t requests = 0, queued = 0;
  };
  struct Everybody {
    std::uint32_t known = 1, linked = 0, complete = 0, unchoking_us = 0, unchoked = 0;
    std::optional<std::uint32_t> rarest_copies{};
    std::uint32_t rarest_pieces = 0;
    double mean_copies = 0;
  };
  struct History {
    std::vector<double> received, sent;  ///< One a second, of equal length.
  };

  double time = 0;
  Process peer;
  Subject content;
  State state;
  double received_rate = 0, sent_rate = 0;
  Totals totals;
  std::optional<Halt> stuck{};
  std::array<double, kWaits> waiting{};  ///< By Wait, in seconds.
  std::vector<Neighbor> neighbors;
  Everybody swarm;
  std::uint64_t first_event = 0, last_event = 0;
  std::vector<EventRecord> recent;
  History history;
};

/// How many neighbors a Status has at most, and how many bits all their bitfields together.
constexpr std::size_t kMostStatusNeighbors = 1000;
constexpr std::uint64_t kMostStatusBits = std::uint64_t{8} << 21;

// The words of the schema, in the order of the enumerations.
constexpr std::array<const char*, kWaits> kWaitWords{"choked", "nobody_holds", "disk", "hash", "socket", "other"};
constexpr std::array<const char*, 11> kFaultWords{"",      "unresolved", "refused", "timed_out", "no_route", "unsealed",
                                                  "local", "hung_up",    "silent",  "foreign",   "wrong_id"};

}  // namespace p2p
