// docs/SECURITY.md says what the limits on hints are.
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "peer/discovery/members.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the page on security has the figures of members", "[members]") {
  std::ifstream in(std::string(PEER_SOURCE_DIR) + "/docs/SECURITY.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const MemberLimits limits;
  const std::pair<std::string, std::uint64_t> rows[] = {
      {"members that are known", limits.members},
      {"of these at one origin", limits.members_by_origin},
      {"hints that are kept", limits.hints},
      {"of these that one origin has told", limits.hints_by_teller},
      {"of these that lead to one origin", limits.hints_by_origin},
      {"addresses that a third party named, dialled in any minute to verify them",
       limits.dial_burst + limits.dials_a_minute},
      {"addresses that a third party named, which a search may ask at once", limits.search_burst},
      {"and a minute, for ever", limits.searches_a_minute},
      {"the lowest port that is dialled because anybody but the user named it", limits.lowest_port},
      {"seconds that a member may not answer before it is dropped",
       static_cast<std::uint64_t>(seconds(limits.silence))},
  };
  for (const auto& [what, figure] : rows) {
    INFO(what << " is " << figure);
    CHECK(page.find("\n| " + what + " | " + std::to_string(figure) + " |\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace p2p
