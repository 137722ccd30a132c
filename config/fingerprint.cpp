#include "config/fingerprint.hpp"

#include "config/base64url.hpp"

namespace p2p::config {

static_assert(base64url_characters(Fingerprint::kBytes) == Fingerprint::kCharacters);

std::string to_text(const Fingerprint& fingerprint) {
  std::string text(Fingerprint::kCharacters, '\0');
  to_base64url(fingerprint.bytes, text);
  return text;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint fingerprint;
  if (!from_base64url(text, fingerprint.bytes)) return std::nullopt;
  return fingerprint;
}

}  // namespace p2p::config
