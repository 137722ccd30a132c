// If-None-Match, If-Range, Accept and Authorization, of any text: the first byte says which.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "peer/http/accept.hpp"
#include "peer/http/conditions.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/media_type.hpp"
#include "protocol/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  constexpr std::string_view kTag = "\"a\"";
  constexpr std::array<std::string_view, 3> kForms{"text/plain", "text/html", "application/json"};
  constexpr std::string_view kToken = "0123456789abcdef";
  switch (data[0] % 4) {
    case 0: {
      // What a strong comparison finds, a weak one does; and whatever follows hides nothing.
      const bool strong = has_etag(text, kTag, false);
      P2P_ASSERT(!strong || has_etag(text, kTag, true));
      P2P_ASSERT(has_etag("\"a\"," + text, kTag, false));
      const Conditions conditions{.if_match = {}, .if_none_match = {}, .if_range = text};
      P2P_ASSERT(!ranges_hold(conditions, kTag) || text.find(kTag) != std::string::npos);
      break;
    }
    case 1: P2P_ASSERT(preferred(text, kForms) < kForms.size()); break;
    case 2: {
      // The token itself cannot be had otherwise than by saying it.
      if (has_token(text, kToken)) P2P_ASSERT(text.ends_with(kToken));
      if (has_basic_token(text, kToken)) P2P_ASSERT(text.size() >= 6 + 4 * ((kToken.size() + 1 + 2) / 3));
      break;
    }
    default: {
      P2P_ASSERT(media_type(text).find('/') != std::string::npos);
      for (const char c : disposition(text, true)) P2P_ASSERT(c >= ' ' && c <= '~');
    }
  }
  return 0;
}
