// What a user says of being watched. Absent: how it is said (peer/commands/status_options.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace p2p {

/// Where the status is served: a Unix socket when `path` is set, else TCP.
struct StatusPlace {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free.
  std::filesystem::path path = {};
};

struct StatusOptions {
  std::optional<StatusPlace> place;
  std::filesystem::path token;     ///< The file with the token; empty: none.
  std::optional<int> json_events;  ///< The descriptor that gets each event.
  bool json_progress = false;      ///< Stdout gets a line on how far it is, from time to time. Of get of one content.

  bool any() const { return place || json_events || json_progress; }
};

}  // namespace p2p
