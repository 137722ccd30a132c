// Paths of requests: any text is refused, or is a path of names that is the same when it is written again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "peer/http/asked_path.hpp"
#include "protocol/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  const auto parsed = parse_target(std::string(data, data + size));
  if (const auto* const fault = std::get_if<TargetFault>(&parsed)) {
    P2P_ASSERT(!fault->why.empty());
    return 0;
  }
  const auto& [asked, has_slash] = std::get<AskedTarget>(parsed);
  const std::string& path = asked.path;
  if (!path.empty()) {
    P2P_ASSERT(has_slash == path.ends_with('/'));
    P2P_ASSERT(config::path_fault(path.substr(0, path.size() - (has_slash ? 1 : 0))).empty());
  }
  std::string again = '/' + (asked.id ? "content/" + config::to_hex(*asked.id) : std::string());
  if (asked.id && (has_slash || !path.empty())) again += '/';
  again += escape_path(path);
  const auto reparsed = parse_target(again);
  const auto& same = std::get<AskedTarget>(reparsed);
  P2P_ASSERT(same.asked.id == asked.id && same.asked.path == path && same.has_slash == has_slash);
  return 0;
}
