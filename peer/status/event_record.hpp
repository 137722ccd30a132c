// What happened, numbered, for whoever follows a process from outside: the core's events, and those of the shell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/swarm/events.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// What a process is at.
enum class Phase : std::uint8_t { starting, searching, fetching, serving, leaving };
constexpr std::array<const char*, 5> kPhaseWords{"starting", "searching", "fetching", "serving", "leaving"};

struct Started {
  std::uint32_t peer;
  std::string mode;
  std::string run;
};
struct PhaseChanged {
  Phase phase;
};
struct StoodStill {
  Stuck::Why why;
  std::string text;
};
/// A file that is offered, or is not any more.
struct OfferChanged {
  bool is_offered;
  std::uint64_t size;
  std::string content_id;
};
/// Somebody fetches a file of ours, or has left.
struct VisitChanged {
  bool has_ended;
  std::string address;
  std::uint64_t bytes;
  std::string content_id;
};
struct Leaving {
  int code;
};
/// Events before this one are not to be had any more.
struct Gap {
  std::uint64_t missed;
  bool restarted;
};

using Note = std::variant<Started, PhaseChanged, StoodStill, OfferChanged, VisitChanged, Leaving, Gap>;

struct EventRecord {
  std::uint64_t seq = 0;
  double time = 0;                             ///< Seconds since 1970.
  std::shared_ptr<const std::string> content;  ///< Its name; null where the process exchanges one content.
  std::variant<Event, Note> what;
};

/// The object of docs/STATUS.md, in one line without its end. Valid UTF-8 whatever texts are in it.
std::string to_json(const EventRecord& record);

// The words of the schema, in the order of the enumerations.
constexpr std::array<const char*, kEndKinds> kEndWords{"remote",  "violation", "refused",      "handshake_timeout",
                                                       "crowded", "duplicate", "unresponsive", "renewed",
                                                       "flood",   "needless",  "unlisted"};
constexpr std::array<const char*, 8> kStuckWords{"nobody_linked", "nobody_holds", "choked",   "unanswered",
                                                 "no_room",       "no_quorum",    "withheld", "others"};

}  // namespace p2p
