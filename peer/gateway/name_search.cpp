#include "peer/gateway/name_search.hpp"

#include <utility>

#include "config/hex.hpp"
#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// A content id as a question: no name begins so.
constexpr char kIdMark = '\n';
// All names, with the digests of small files.
constexpr const char* kEverything = "/";
constexpr auto kPause = 300ms;

}  // namespace

NameSearch::NameSearch(asio::io_context& io, Discovery& discovery, Options options)
    : io_(io), discovery_(discovery), options_(std::move(options)), began_(now()), book_({}) {}

bool NameSearch::ask(const std::string& question, OnAnswer on_answer) {
  const Instant at = now();
  if (question.empty() || !book_.is_new(question, at) || budget_.take(at))
    return ask_nodes(question, std::move(on_answer));
  return ask_nodes(kEverything, [this, question, on_answer = std::move(on_answer)](const SearchAnswerPtr& all) {
    if (auto part = part_of(*all, question)) return on_answer(std::make_shared<const SearchAnswer>(std::move(*part)));
    if (!ask_nodes(question, on_answer))
      on_answer(std::make_shared<const SearchAnswer>(SearchAnswer{.holders = {}, .asked = all->asked}));
  });
}

bool NameSearch::ask(const ContentId& id, OnAnswer on_answer) {
  return ask_nodes(kIdMark + config::to_hex(id), std::move(on_answer));
}

bool NameSearch::ask_nodes(const std::string& question, OnAnswer on_answer) {
  const bool taken = book_.ask(question, now(), std::move(on_answer));
  begin_next();
  return taken;
}

void NameSearch::begin_next() {
  while (const auto question = book_.poll()) {
    HolderSearch::Options how{
        .self = options_.self, .network = options_.network, .wanted = *question, .id = {}, .join = options_.join};
    if (!question->empty() && question->front() == kIdMark) {
      how.wanted.erase(0, 1);
      how.id.emplace();
      config::from_hex(how.wanted, *how.id);
    }
    searches_.emplace(*question, std::make_unique<Search>(io_, discovery_, std::move(how)));
    look(*question);
  }
}

void NameSearch::look(const std::string& question) {
  Search& search = *searches_.at(question);
  search.rounds.run(
      {}, {}, [&search](const Holder& holder) { search.answer.holders.push_back(holder); },
      // Not now: this comes from inside of the round.
      [this, question, &search] {
        search.answer.silent = search.rounds.failures().size();
        search.answer.whole = search.rounds.whole();
        search.answer.asked = search.rounds.answered() + search.answer.silent;
        search.pause.expires_after(0ms);
        search.pause.async_wait([this, question](const std::error_code& error) {
          if (!error) on_looked(question);
        });
      });
}

void NameSearch::on_looked(const std::string& question) {
  Search& search = *searches_.at(question);
  if (search.answer.holders.empty() && now() - began_ < kStarting) {
    search.pause.expires_after(kPause);
    search.pause.async_wait([this, question](const std::error_code& error) {
      if (!error) look(question);
    });
    return;
  }
  if (question == kEverything)
    sort_by_name(search.answer);
  else if (question.empty() || question.ends_with('/'))
    search.answer.listing = listing_of(search.answer.holders, question, options_.quorum);
  const auto answer = std::make_shared<const SearchAnswer>(std::move(search.answer));
  searches_.erase(question);
  const std::size_t weight = answer->holders.size();
  const Duration keep = weight == 0 ? kRememberNothing : weight < kMany ? kRemember : kRememberMany;
  book_.on_answer(question, answer, keep, weight + 1, now());
  begin_next();
}

}  // namespace p2p
