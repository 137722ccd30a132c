// What a user says of being watched. Absent: how it is said (peer/commands/status_options.hpp).
#pragma once

#include <filesystem>
#include <optional>

#include "peer/ground/http_place.hpp"

namespace p2p {

struct StatusOptions {
  std::optional<HttpPlace> place;
  std::filesystem::path token;     ///< The file with the token; empty: none.
  std::optional<int> json_events;  ///< The descriptor that gets each event.
  bool json_progress = false;      ///< Stdout gets a line on how far it is, from time to time. Of get of one content.

  bool any() const { return place || json_events || json_progress; }
};

}  // namespace p2p
