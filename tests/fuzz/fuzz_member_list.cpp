// Member lists: any text is either complained about properly, or it is the one spelling of what it says.
#include <algorithm>
#include <set>
#include <string>

#include "config/member_list.hpp"
#include "tests/fuzz/config_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  constexpr const char* kSource = "a node's list of members";
  const std::string text(data, data + size);
  try {
    const std::vector<Member> members = parse_member_list(text, kSource);
    P2P_ASSERT(members.size() <= kMostMembers);
    P2P_ASSERT(std::ranges::is_sorted(members, {}, &Member::heard_s));
    std::set<MemberAddress> addresses;
    for (const Member& member : members) {
      P2P_ASSERT(member.address.port != 0 && member.address.is_unicast());
      P2P_ASSERT(member.id <= Member::kMaxId && member.heard_s <= Member::kMaxAge);
      P2P_ASSERT(addresses.insert(member.address).second);
    }
    P2P_ASSERT(member_list_text(members) == text);
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kSource);
  }
  return 0;
}
