#include "peer/discovery/holder_search.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "config/hex.hpp"
#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

// The memory that a holder takes where it is kept and listed, beside its entry.
constexpr std::size_t kListedBytes = 320;

/// That of all names has no name of its own.
bool is_folder(const std::string& wanted) { return wanted.empty() || wanted.ends_with('/'); }

}  // namespace

HolderSearch::HolderSearch(asio::io_context& io, Discovery& discovery, Options options)
    : io_(io), discovery_(discovery), options_(std::move(options)), self_(std::make_shared<HolderSearch*>(this)) {}

void HolderSearch::run(std::set<Address> known, const std::set<Address>& also,
                       std::function<void(const Holder&)> on_holder, std::function<void()> on_done) {
  const auto round = round_ = std::make_shared<Round>(io_);
  failures_.clear();
  round->seen = std::move(known);
  round->on_holder = std::move(on_holder);
  round->on_done = std::move(on_done);
  const auto found = [this, round, alive = std::weak_ptr(self_)](const Found& each) {
    if (!alive.expired()) add(round, {each.node.host, each.node.port});
  };
  const auto done = [this, round, alive = std::weak_ptr(self_)] {
    if (!alive.expired()) on_all_found(round);
  };
  if (is_folder(options_.wanted))
    discovery_.find_nodes(
        [this, round, alive = std::weak_ptr(self_)](const Node& node) {
          if (!alive.expired()) add(round, {node.host, node.port});
        },
        done);
  else if (options_.id)
    discovery_.find_content(*options_.id, found, done);
  else
    discovery_.find_name(options_.wanted, found, done);
  for (const Address& address : options_.join) add(round, address);
  for (const Address& address : also) add(round, address);
}

void HolderSearch::look_for(const ContentId& id) {
  options_.id = id;
  options_.wanted = config::to_hex(id);
}

void HolderSearch::look_for(const std::string& name) {
  options_.id.reset();
  options_.wanted = name;
}

void HolderSearch::add(const std::shared_ptr<Round>& round, const Address& address) {
  if (!round->seen.insert(address).second) return;
  round->to_ask.push_back(address);
  ask_next(round);
}

void HolderSearch::ask_next(const std::shared_ptr<Round>& round) {
  while (round->slots < kMostAtATime && round->open.size() < kMostOpen && !round->to_ask.empty() && !round->done) {
    const Address address = std::move(round->to_ask.front());
    round->to_ask.pop_front();
    ask(round, address);
  }
}

void HolderSearch::ask(const std::shared_ptr<Round>& round, const Address& address) {
  const auto question = std::make_shared<Question>(io_);
  round->open.insert(question);
  ++round->slots;
  wait(round, question, address);
  ask_catalog(
      io_, options_.self, address, options_.network, options_.wanted, round->room,
      [question] { question->begun = true; },
      [this, round, question, address, began = now(), alive = std::weak_ptr(self_)](const CatalogAnswer& answer) {
        if (alive.expired()) return;
        question->timer.cancel();
        give_up_slot(*round, *question);
        round->open.erase(question);
        const std::optional<NodeCatalog>& catalog = answer.catalog;
        // One that has nothing for us shows no ID, and may be anything.
        if (!catalog) discovery_.note_answer(address.host, address.port, {}, {});
        if (catalog && !catalog->ip.empty())
          discovery_.note_answer(address.host, address.port, catalog->peer, now() - began);
        on_answer(round, address, answer);
      });
}

/// For whoever is asked: first its slot, then our patience is over. An answer counts whenever it comes.
void HolderSearch::wait(const std::shared_ptr<Round>& round, const std::shared_ptr<Question>& question,
                        const Address& address) {
  question->timer.expires_after(kSlotTime);
  question->timer.async_wait(
      [this, round, question, address, alive = std::weak_ptr(self_)](const std::error_code& error) {
        if (error || alive.expired()) return;
        give_up_slot(*round, *question);
        ask_next(round);
        question->timer.expires_after(kPatience - kSlotTime);
        question->timer.async_wait([this, question, address, alive](const std::error_code& answered) {
          if (!answered && !alive.expired() && !question->begun)
            discovery_.note_answer(address.host, address.port, {}, {});
        });
      });
}

void HolderSearch::give_up_slot(Round& round, Question& question) {
  if (std::exchange(question.holds_slot, false)) --round.slots;
}

void HolderSearch::on_answer(const std::shared_ptr<Round>& round, const Address& address, const CatalogAnswer& answer) {
  const std::optional<NodeCatalog>& catalog = answer.catalog;
  if (catalog)
    ++round->answered;
  else if (round == round_)
    failures_.insert_or_assign(address, answer.failure);
  if (catalog && catalog->peer != options_.self) take(round, address, *catalog);
  ask_next(round);
  if (round->all_found && round->open.empty()) finish(round);
}

void HolderSearch::take(const std::shared_ptr<Round>& round, const Address& address, const NodeCatalog& catalog) {
  std::size_t left = round->room->for_one();
  bool whole = catalog.whole;
  for (const config::CatalogEntry& entry : catalog.entries) {
    const bool fits = options_.id                  ? entry.content_id == *options_.id
                      : options_.wanted == "/"     ? true
                      : is_folder(options_.wanted) ? entry.name.starts_with(options_.wanted)
                                                   : entry.name == options_.wanted;
    if (!fits) continue;
    const std::size_t bytes = sizeof entry + entry.name.capacity() + kListedBytes;
    if (bytes > left) {
      whole = false;
      break;
    }
    left -= bytes;
    round->room->keep(bytes);
    ++round->holders;
    round->on_holder({catalog.peer, address, catalog.ip, entry.name, entry.content_id, entry.size, entry.part,
                      entry.sha256, entry.copy, catalog.key});
  }
  if (!whole) round->room->note_cut();
}

void HolderSearch::on_all_found(const std::shared_ptr<Round>& round) {
  round->all_found = true;
  if (round->open.empty() && round->to_ask.empty()) return finish(round);
  wait_for_end(round, {});
}

void HolderSearch::wait_for_end(const std::shared_ptr<Round>& round, std::chrono::milliseconds so_far) {
  round->deadline.expires_after(kPatience);
  round->deadline.async_wait(
      [this, round, waited = so_far + kPatience, alive = std::weak_ptr(self_)](const std::error_code& error) {
        if (error || alive.expired()) return;
        const bool comes = std::ranges::any_of(round->open, &Question::begun) && waited < options_.patience;
        const bool is_worth_it = round->holders == 0 && !round->to_ask.empty() && waited < kLongestRound;
        if (comes || is_worth_it) return wait_for_end(round, waited);
        finish(round);
      });
}

void HolderSearch::finish(const std::shared_ptr<Round>& round) {
  if (std::exchange(round->done, true)) return;
  round->deadline.cancel();
  if (const std::size_t cut = round->room->cut(); cut > 0)
    spdlog::warn("the answers of a search have room for {} MiB in all: {} of them {} cut, so files may be missing",
                 AnswerRoom::kUsualBytes >> 20, cut, cut == 1 ? "was" : "were");
  round->on_done();
}

}  // namespace p2p
