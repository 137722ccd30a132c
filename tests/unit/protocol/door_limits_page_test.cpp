// docs/SECURITY.md says what the door's limits are.
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "protocol/door/limits.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::string whole(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

TEST_CASE("the page on security has the door's figures", "[door]") {
  std::ifstream in(std::string(PEER_SOURCE_DIR) + "/docs/SECURITY.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const DoorLimits limits;
  const std::pair<std::string, std::string> rows[] = {
      {"connections whose 32 bytes have not come", std::to_string(limits.greeting)},
      {"of these from one origin", std::to_string(limits.greeting_by_origin)},
      {"seconds for the 32 bytes, however they drip in", whole(limits.greeting_time)},
      {"texts (manifests, catalogs, members) that are being written", std::to_string(limits.texts)},
      {"of these to one origin", std::to_string(limits.texts_by_origin)},
      {"seconds that a text may stand still", whole(limits.text_standstill)},
      {"seconds that a reader may stay when its text is written", whole(limits.drain_time)},
      {"texts that one origin may ask for at once", std::to_string(limits.texts_burst)},
      {"and a second, for ever", std::to_string(limits.texts_per_second)},
      {"links with exchanges", std::to_string(limits.links)},
      {"of these from one origin", std::to_string(limits.links_by_origin)},
      {"contents that are exchanged at a time", std::to_string(limits.contents)},
  };
  for (const auto& [what, figure] : rows) {
    INFO(what << " is " << figure);
    CHECK(page.find("\n| " + what + " | " + figure + " |") != std::string::npos);
  }
}

}  // namespace
}  // namespace p2p
