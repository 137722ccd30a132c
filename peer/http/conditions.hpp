// Whether a request still wants what it asks for: RFC 9110, section 13. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "peer/storage/content.hpp"

namespace p2p {

/// The strong ETag of a content: as long as it is the same, the bytes are.
std::string etag_of(const ContentId& id);

/// Whether a list of ETags has this one, or is `*`. Weak ones are the same as strong ones where `is_weak`.
bool has_etag(std::string_view list, std::string_view etag, bool is_weak);

/// What a request says; none: nothing of that.
struct Conditions {
  std::optional<std::string> if_match, if_none_match, if_range;
};

enum class Wish : std::uint8_t {
  wanted,
  unchanged,  ///< 304: it has it.
  failed,     ///< 412: what it began with is another one now.
};
Wish wish_of(const Conditions& conditions, std::string_view etag);

/// Whether ranges are of what is there now. A date never says so: we have none.
bool ranges_hold(const Conditions& conditions, std::string_view etag);

}  // namespace p2p
