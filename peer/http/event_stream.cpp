#include "peer/http/event_stream.hpp"

#include <algorithm>
#include <limits>

#include "config/text.hpp"

namespace p2p {

std::optional<std::uint64_t> stream_position(std::optional<std::string_view> last_event_id,
                                             std::optional<std::string_view> since) {
  for (const auto& word : {last_event_id, since}) {
    if (!word) continue;
    if (const auto number = config::parse_integer(*word, 0, std::numeric_limits<std::int64_t>::max())) return number;
  }
  return std::nullopt;
}

std::string_view EventStream::take(std::size_t most, Instant now) {
  if (pending_.empty()) {
    text_ = reader_.take(most);
    if (text_.empty() && now - said_at_ >= kKeepAlive) text_ = ": still here\n\n";
    pending_ = text_;
  }
  const std::string_view part = pending_.substr(0, most);
  pending_.remove_prefix(part.size());
  if (!part.empty()) said_at_ = now;
  return part;
}

}  // namespace p2p
