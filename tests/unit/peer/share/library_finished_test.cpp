// What a user says to be finished does not have to settle.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "peer/share/library_plan.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

TEST_CASE("what is said to be finished is hashed at once, and what comes later is not", "[library]") {
  const auto hashed_at_once = [](LibraryPlan& plan, const std::vector<SeenFile>& files, Instant now) {
    plan.on_timer(now);
    while (plan.poll_effect()) continue;
    std::vector<std::string> names;
    plan.on_looked({.scan = {.files = files}, .since_1970 = 5s, .tells_changes = true}, now);
    while (const auto effect = plan.poll_effect())
      if (const auto* hash = std::get_if<LibraryPlan::Hash>(&*effect)) names.push_back(hash->file.name);
    return names;
  };
  const auto young = [](const std::string& name) {
    return SeenFile{.name = name, .size = 1, .changed_ns = std::chrono::nanoseconds(5s).count(), .inode = 1};
  };
  const auto nobody_knows = [](const SeenFile&) { return std::optional<ContentId>(); };
  LibraryPlan plan(nobody_knows, true);
  CHECK(hashed_at_once(plan, {young("a")}, Instant(1s)) == std::vector<std::string>{"a"});
  plan.on_hashed({.file = young("a"), .result = HashedFile::Result::hashed}, Instant(1s));
  plan.on_change(Instant(2s));
  CHECK(hashed_at_once(plan, {young("a"), young("b")}, Instant(3s)).empty());
  LibraryPlan careful(nobody_knows);
  CHECK(hashed_at_once(careful, {young("a")}, Instant(1s)).empty());
}

}  // namespace
}  // namespace p2p
