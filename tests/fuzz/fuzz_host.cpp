// What a request says of itself: any Host is refused, or is a name or an address of this machine and nothing else; any
// Authorization is refused unless it has the token; any position is a number, or none.
#include <cstddef>
#include <cstdint>
#include <string>

#include "peer/http/event_stream.hpp"
#include "peer/http/guard.hpp"
#include "protocol/assert.hpp"

namespace {

/// By other means than the guard's: its letters, and what stands behind the last colon.
bool may_be_loopback(std::string host) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    if (host.find_first_not_of("0123456789", colon + 1) != std::string::npos) return false;
    host.resize(colon);
  }
  for (char& c : host) c = static_cast<char>(c | 0x20);
  if (host == "localhost") return true;
  if (host.starts_with("127.")) return host.find_first_not_of("0123456789.") == std::string::npos;
  return host.starts_with("{") && host.find_first_not_of("0:.", 1) == host.find_last_of('1') && host.ends_with("}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  const std::string text(data, data + size);
  if (is_own_host(text, "127.0.0.1")) P2P_ASSERT(may_be_loopback(text));
  P2P_ASSERT(!has_token(text, "0123456789abcdef") || text.ends_with(" 0123456789abcdef"));
  if (token_fault(text).empty()) P2P_ASSERT(has_token("Bearer " + text, text));
  if (const auto position = stream_position(text, std::nullopt)) P2P_ASSERT(*position <= INT64_MAX);
  return 0;
}
