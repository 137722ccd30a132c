#include "peer/http/conditions.hpp"

#include <algorithm>

#include "config/hex.hpp"
#include "peer/http/field.hpp"

namespace p2p {

std::string etag_of(const ContentId& id) { return '"' + config::to_hex(id) + '"'; }

bool has_etag(std::string_view list, std::string_view etag, bool is_weak) {
  constexpr std::string_view kWeak = "W/";
  if (trimmed(list) == "*") return true;
  return std::ranges::any_of(list_words(list), [&](std::string_view word) {
    if (is_weak && word.starts_with(kWeak)) word.remove_prefix(kWeak.size());
    return word == etag;
  });
}

Wish wish_of(const Conditions& conditions, std::string_view etag) {
  if (conditions.if_match && !has_etag(*conditions.if_match, etag, false)) return Wish::failed;
  if (conditions.if_none_match && has_etag(*conditions.if_none_match, etag, true)) return Wish::unchanged;
  return Wish::wanted;
}

bool ranges_hold(const Conditions& conditions, std::string_view etag) {
  return !conditions.if_range || trimmed(*conditions.if_range) == etag;
}

}  // namespace p2p
