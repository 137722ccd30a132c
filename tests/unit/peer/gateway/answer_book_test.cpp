#include "peer/gateway/answer_book.hpp"

#include <string>
#include <vector>

#include "peer/gateway/search_budget.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using Book = AnswerBook<int>;

struct Asker {
  std::vector<int> heard;
  Book::OnAnswer hears() {
    return [this](int answer) { heard.push_back(answer); };
  }
};

TEST_CASE("equal questions are one search, whose answer all get") {
  Book book({});
  Asker alice, bob;
  REQUIRE(book.ask("a", Instant{}, alice.hears()));
  REQUIRE(book.ask("a", Instant{}, bob.hears()));
  CHECK(book.poll() == "a");
  CHECK_FALSE(book.poll());
  REQUIRE(book.ask("a", Instant{}, bob.hears()));
  CHECK_FALSE(book.poll());
  book.on_answer("a", 7, 1s, 1, Instant{});
  CHECK(alice.heard == std::vector{7});
  CHECK(bob.heard == std::vector{7, 7});
}

TEST_CASE("an answer is remembered for a while, and not for longer") {
  Book book({});
  Asker alice;
  REQUIRE(book.ask("a", Instant{}, alice.hears()));
  book.poll();
  book.on_answer("a", 7, 2s, 1, Instant{1s});
  REQUIRE(book.ask("a", Instant{2999ms}, alice.hears()));
  CHECK(alice.heard == std::vector{7, 7});
  REQUIRE(book.ask("a", Instant{3s}, alice.hears()));
  CHECK(alice.heard.size() == 2);
  CHECK(book.poll() == "a");
}

TEST_CASE("so many searches run, the others wait for their turn, and so many askers wait at all") {
  Book book({.searches = 2, .askers = 4});
  Asker alice;
  for (const char* const question : {"a", "b", "c", "c"}) REQUIRE(book.ask(question, Instant{}, alice.hears()));
  CHECK_FALSE(book.ask("a", Instant{}, alice.hears()));
  CHECK(book.poll() == "a");
  CHECK(book.poll() == "b");
  CHECK_FALSE(book.poll());
  book.on_answer("b", 1, 0s, 1, Instant{});
  CHECK(book.poll() == "c");
  CHECK_FALSE(book.poll());
  CHECK(book.ask("d", Instant{}, alice.hears()));
  book.on_answer("c", 2, 0s, 1, Instant{});
  CHECK(alice.heard == std::vector{1, 2, 2});
}

TEST_CASE("what is remembered weighs so much at most") {
  Book book({.searches = 16, .askers = 16, .weight = 10});
  Asker alice;
  const auto answer = [&](const char* question, Duration keep, std::size_t weight) {
    REQUIRE(book.ask(question, Instant{}, alice.hears()));
    REQUIRE(book.poll() == question);
    book.on_answer(question, 1, keep, weight, Instant{});
  };
  answer("short", 1s, 4);
  answer("long", 5s, 4);
  answer("third", 3s, 4);
  answer("too heavy", 3s, 11);
  const auto is_known = [&](const char* question) {
    const std::size_t before = alice.heard.size();
    REQUIRE(book.ask(question, Instant{}, alice.hears()));
    return alice.heard.size() > before;
  };
  CHECK_FALSE(is_known("short"));
  CHECK(is_known("long"));
  CHECK(is_known("third"));
  CHECK_FALSE(is_known("too heavy"));
}

TEST_CASE("a question begins a search when it is neither known nor asked already") {
  Book book({});
  Asker alice;
  CHECK(book.is_new("a", Instant{}));
  REQUIRE(book.ask("a", Instant{}, alice.hears()));
  CHECK_FALSE(book.is_new("a", Instant{}));
  book.poll();
  book.on_answer("a", 7, 2s, 1, Instant{1s});
  CHECK_FALSE(book.is_new("a", Instant{2999ms}));
  CHECK(book.is_new("a", Instant{3s}));
}

TEST_CASE("single names are asked for so often, and no more often") {
  SearchBudget budget;
  const auto taken = [&](Instant at) {
    int count = 0;
    while (budget.take(at)) ++count;
    return count;
  };
  CHECK(taken(Instant{10s}) == 64);
  CHECK(taken(Instant{10s}) == 0);
  CHECK(taken(Instant{10s + 500ms}) == 8);
  CHECK(taken(Instant{60s}) == 64);
}

}  // namespace
}  // namespace p2p
