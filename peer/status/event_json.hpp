// The object of an event, for what embeds it.
#pragma once

#include <nlohmann/json.hpp>

#include "peer/status/event_record.hpp"

namespace p2p {

nlohmann::ordered_json event_object(const EventRecord& record);

}  // namespace p2p
