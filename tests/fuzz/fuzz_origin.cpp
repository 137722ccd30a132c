// What an origin says, and what a user says of it: any head of an answer gives a version or a fault, and a range that
// is taken is the one that was asked for; any URL is refused, or told without its credentials.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "peer/origin/origin_answer.hpp"
#include "peer/origin/origin_url.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

void try_url(const std::string& text) {
  try {
    const OriginUrl url(text);
    P2P_ASSERT(url.text().ends_with('/') && url.text().find('@') >= url.text().find('/', 8));
    P2P_ASSERT(OriginUrl(url.text()).text() == url.text() && url.of("a") == url.text() + "a");
  } catch (const std::invalid_argument& error) {
    P2P_ASSERT(std::string(error.what()).size() < 200);
  }
}

void try_head(const std::string& text) {
  OriginHead head;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    head.take_line(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  const auto answer = version_of(head);
  if (const auto* const fault = std::get_if<OriginFault>(&answer)) return P2P_ASSERT(!fault->why.empty());
  const OriginVersion& version = std::get<OriginVersion>(answer);
  P2P_ASSERT(!version.mark.empty() && version.size <= INT64_MAX);
  if (version.ranges && version.size > 0 && !range_fault(head, version, 0, 1))
    P2P_ASSERT(head.status == 206 && head.content_range == "bytes 0-0/" + std::to_string(version.size));
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  p2p::try_url(text);
  p2p::try_head(text);
  return 0;
}
