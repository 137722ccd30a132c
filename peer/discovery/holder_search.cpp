#include "peer/discovery/holder_search.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "config/hex.hpp"

namespace p2p {
namespace {

constexpr std::size_t kMostAtATime = 16;
// The memory that a holder takes where it is kept and listed, beside its entry.
constexpr std::size_t kListedBytes = 320;

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
  if (options_.wanted.empty())
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
  while (round->asking < kMostAtATime && !round->to_ask.empty()) {
    const Address address = std::move(round->to_ask.front());
    round->to_ask.pop_front();
    ++round->asking;
    ask_catalog(io_, options_.self, address, options_.network, options_.wanted, round->room,
                [this, round, address, alive = std::weak_ptr(self_)](const CatalogAnswer& answer) {
                  if (!alive.expired()) on_answer(round, address, answer);
                });
  }
}

void HolderSearch::on_answer(const std::shared_ptr<Round>& round, const Address& address, const CatalogAnswer& answer) {
  const std::optional<NodeCatalog>& catalog = answer.catalog;
  --round->asking;
  if (catalog)
    ++round->answered;
  else if (round == round_)
    failures_.insert_or_assign(address, answer.failure);
  if (catalog && catalog->peer != options_.self) take(round, address, *catalog);
  ask_next(round);
  if (round->all_found && round->asking == 0) finish(round);
}

void HolderSearch::take(const std::shared_ptr<Round>& round, const Address& address, const NodeCatalog& catalog) {
  std::size_t left = round->room->for_one();
  bool whole = catalog.whole;
  for (const config::CatalogEntry& entry : catalog.entries) {
    const bool fits =
        options_.wanted.empty() || (options_.id ? entry.content_id == *options_.id : entry.name == options_.wanted);
    if (!fits) continue;
    const std::size_t bytes = config::memory_of(entry) + kListedBytes;
    if (bytes > left) {
      whole = false;
      break;
    }
    left -= bytes;
    round->room->keep(bytes);
    round->on_holder({catalog.peer, address, catalog.ip, entry.name, entry.content_id, entry.size});
  }
  if (!whole) round->room->note_cut();
}

void HolderSearch::on_all_found(const std::shared_ptr<Round>& round) {
  round->all_found = true;
  if (round->asking == 0) return finish(round);
  round->deadline.expires_after(options_.patience);
  round->deadline.async_wait([round](const std::error_code& error) {
    if (!error) finish(round);
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
