// A `get` of many on virtual time: what is asked, what runs when, what came of it.
#include "peer/node/get_plan.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using Kind = Wanted::Kind;
using Outcome = GetPlan::Outcome;

/// Answers come from here, files end when the test says so.
struct Shell {
  explicit Shell(std::vector<Wanted> wanted, bool has_timeout = false)
      : plan({.wanted = std::move(wanted), .has_timeout = has_timeout, .join = {{"127.0.0.1", 5000}}}, now) {
    take();
  }

  void take() {
    while (const auto effect = plan.poll_effect()) {
      if (const auto* const ask = std::get_if<GetPlan::Ask>(&*effect)) asked.push_back(ask->question);
      if (const auto* const begin = std::get_if<GetPlan::Begin>(&*effect)) begun.push_back(*begin);
      if (std::holds_alternative<GetPlan::End>(*effect)) over = true;
    }
  }
  void holds(const std::string& name, std::uint64_t size = 10, unsigned content = 1, std::uint32_t peer = 1) {
    ContentId id{};
    id[0] = static_cast<std::byte>(content);
    plan.on_holder({PeerId{peer}, {"host", 5000}, "10.0.0.1", name, id, size});
  }
  void answered(std::size_t nodes = 1) {
    plan.on_asked({nodes, failures}, now);
    take();
  }
  void ended(const std::string& name, Outcome outcome = {.state = Outcome::State::fetched}) {
    plan.on_ended(name, std::move(outcome));
    take();
  }
  void wait() {
    REQUIRE(plan.next_deadline() != kNever);
    now = plan.next_deadline();
    plan.on_timer(now);
    take();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const GetPlan::Begin& each : begun) all.push_back(each.name);
    return all;
  }

  Instant now{};
  std::map<Address, DialFailure> failures;
  GetPlan plan;
  std::vector<std::string> asked;
  std::vector<GetPlan::Begin> begun;
  bool over = false;
};

TEST_CASE("each word is asked for once, and everything in one question", "[get_many]") {
  Shell some({{Kind::name, "a"}, {Kind::folder, "sub/"}, {Kind::pattern, "sub/*.bin"}});
  some.answered();
  CHECK(some.asked == std::vector<std::string>{"a", "sub/"});
  Shell all({{Kind::name, "a"}, {Kind::pattern, "*.bin"}});
  CHECK(all.asked == std::vector<std::string>{"/"});
}

TEST_CASE("names that match are fetched with all their holders, others are not", "[get_many]") {
  Shell shell({{Kind::pattern, "*.bin"}});
  shell.holds("a.bin", 10, 1, 1);
  shell.holds("a.bin", 10, 1, 2);
  shell.holds("a.txt");
  CHECK(shell.begun.empty());
  shell.answered();
  REQUIRE(shell.names() == std::vector<std::string>{"a.bin"});
  CHECK(shell.begun[0].holders.size() == 2);
  CHECK_FALSE(shell.over);
  shell.ended("a.bin");
  CHECK(shell.over);
  CHECK(shell.plan.code() == ExitCode::complete);
}

TEST_CASE("many small files run at a time, and few large ones beside them", "[get_many]") {
  Shell shell({{Kind::all}});
  for (int i = 0; i < 40; ++i) {
    shell.holds("small" + std::to_string(i));
    shell.holds("large" + std::to_string(i), GetPlan::kLarge);
  }
  shell.answered();
  CHECK(shell.begun.size() == GetPlan::kSmallAtATime + GetPlan::kLargeAtATime);
  shell.ended("large0");
  CHECK(shell.begun.size() == GetPlan::kSmallAtATime + GetPlan::kLargeAtATime + 1);
  CHECK(shell.begun.back().name.starts_with("large"));
  shell.ended("small0");
  CHECK(shell.begun.back().name.starts_with("small"));
  for (std::size_t i = 0; i < shell.begun.size(); ++i) shell.ended(shell.begun[i].name);
  CHECK(shell.begun.size() == 80);
  CHECK(shell.over);
}

TEST_CASE("what is found is fetched while the rest is looked for, until patience is over", "[get_many]") {
  Shell shell({{Kind::name, "a"}, {Kind::name, "b"}});
  shell.holds("a");
  shell.answered();
  shell.answered();
  CHECK(shell.names() == std::vector<std::string>{"a"});
  shell.ended("a");
  CHECK_FALSE(shell.over);
  shell.asked.clear();
  while (!shell.over) {
    REQUIRE(shell.now < Instant{} + 20s);
    shell.wait();
    shell.answered();
    shell.answered();
    CHECK(shell.asked == std::vector<std::string>{"b", "b/"});
    shell.asked.clear();
  }
  CHECK(shell.now >= Instant{} + GetPlan::kSearchPatience);
  CHECK(shell.plan.outcomes().at("b").code == ExitCode::network);
  CHECK(shell.plan.code() == ExitCode::network);
}

TEST_CASE("a name that is a folder of names says so", "[get_many]") {
  Shell shell({{Kind::name, "sub"}, {Kind::name, "a"}});
  shell.answered();
  shell.answered();
  shell.wait();
  shell.answered();
  shell.answered();
  shell.holds("sub/x");
  shell.answered();
  shell.answered();
  CHECK(shell.plan.outcomes().at("sub").code == ExitCode::usage);
  CHECK(shell.plan.outcomes().at("sub").why.find("\"sub/\"") != std::string::npos);
  CHECK(shell.begun.empty());
}

TEST_CASE("a name that cannot be beside another fails, and the other comes", "[get_many]") {
  Shell shell({{Kind::all}});
  for (const char* const name : {"a", "a/b", "A", ".peerProcess-got", "c"}) shell.holds(name);
  shell.answered();
  CHECK(shell.names() == std::vector<std::string>{"A", "c"});
  CHECK(shell.plan.outcomes().size() == 3);
  shell.ended("A");
  shell.ended("c", {.code = ExitCode::io, .why = "no"});
  CHECK(shell.over);
  CHECK(shell.plan.code() == ExitCode::content_mismatch);
}

}  // namespace
}  // namespace p2p
