#include "peer/commands/ls_command.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/commands/network_options.hpp"
#include "peer/commands/usage.hpp"
#include "peer/discovery/holder_search.hpp"
#include "peer/discovery/join.hpp"
#include "peer/discovery/make_discovery.hpp"
#include "peer/ground/clock.hpp"
#include "peer/node/life.hpp"
#include "peer/node/membership.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr ExitMeaning kLsExits[] = {
    {ExitCode::complete, "done"},
    {ExitCode::network, "no node answers"},
    {ExitCode::interrupted, "interrupted"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::bad_configuration, "bad file of --allow or of a network"},
    {ExitCode::not_authorised, "a key or secret that is missing, wrong, or readable by others"},
};

constexpr Duration kPatience = 6s;
constexpr Duration kPatienceWithNobody = 3s;
constexpr auto kSayWhomAfter = 500ms;
constexpr auto kPause = 300ms;
constexpr auto kSlowest = 4s;

/// Who offers a file, and who a part of it.
struct Offering {
  std::map<PeerId, Address> whole;
  std::map<PeerId, Address> part;
};
/// Name, content id and size of each file, and who offers it.
using Listing = std::map<std::tuple<std::string, ContentId, std::uint64_t>, Offering>;

class Ls {
 public:
  explicit Ls(const LsOptions& options)
      : options_(options),
        life_(io_),
        join_(addresses_to_join(options.net.join)),
        membership_(io_, life_, options.net),
        self_(membership_.self()),
        discovery_(make_discovery(io_, visitor(options.net, self_, join_))),
        search_(io_, *discovery_,
                {.self = self_,
                 .network = options.net.network,
                 .wanted = options.prefix.substr(0, options.prefix.rfind('/') + 1),  // npos + 1 is 0
                 .id = {},
                 .join = join_,
                 .patience = kSlowest}),
        pause_(io_),
        whom_timer_(io_),
        progress_(options.net.progress),
        began_(now()) {}

  ExitCode run() {
    whom_timer_.expires_after(kSayWhomAfter);
    whom_timer_.async_wait([this](const std::error_code& error) {
      if (!error) progress_.finish("asking " + to_string(join_) + " ...");
    });
    look();
    return life_.run();
  }

  const Listing& listing() const { return listing_; }

 private:
  void look() {
    const auto take = [this](const Holder& holder) {
      if (!holder.name.starts_with(options_.prefix)) return;
      Offering& offering = listing_[{holder.name, holder.id, holder.size}];
      (holder.part ? offering.part : offering.whole).emplace(holder.peer, holder.address);
    };
    search_.run({}, {}, take, [this] {
      const Duration patience = is_final(join_, search_.failures()) ? kPatienceWithNobody : kPatience;
      if (search_.answered() > 0) return life_.leave(ExitCode::complete);
      if (now() - began_ > patience) return life_.fail({ExitCode::network, nobody_answers(join_, search_.failures())});
      pause_.expires_after(kPause);
      pause_.async_wait([this](const std::error_code& error) {
        if (!error) look();
      });
    });
  }

  const LsOptions& options_;
  asio::io_context io_{1};
  Life life_;
  std::vector<Address> join_;
  Membership membership_;
  PeerId self_;
  std::unique_ptr<Discovery> discovery_;
  HolderSearch search_;
  asio::steady_timer pause_;
  asio::steady_timer whom_timer_;
  ProgressLine progress_;
  Instant began_;
  Listing listing_;
};

/// File by file: a listing can be long.
void print_json(const Listing& listing, std::ostream& out) {
  const char* before = "[";
  const auto addresses_of = [](const std::map<PeerId, Address>& holders) {
    nlohmann::ordered_json addresses = nlohmann::ordered_json::array();
    for (const auto& [peer, address] : holders) addresses.push_back(to_string(address));
    return addresses;
  };
  for (const auto& [file, holders] : listing) {
    const auto& [name, id, size] = file;
    const nlohmann::ordered_json each{{"name", name},
                                      {"size", size},
                                      {"content_id", config::to_hex(id)},
                                      {"holders", addresses_of(holders.whole)},
                                      {"part_holders", addresses_of(holders.part)}};
    out << std::exchange(before, ",") << each.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
  out << (listing.empty() ? "[]\n" : "]\n");
}

using Row = std::array<std::string, 4>;

template <class Visit>
void for_each_row(const Listing& listing, Visit&& visit) {
  visit(Row{"NAME", "BYTES", "CONTENT ID", "HOLDERS"});
  for (const auto& [file, holders] : listing) {
    const auto& [name, id, size] = file;
    const std::string parts = holders.part.empty() ? "" : "+" + std::to_string(holders.part.size());
    visit(Row{config::printable(name), std::to_string(size), config::to_hex(id),
              std::to_string(holders.whole.size()) + parts});
  }
}

std::string addresses_of(const Offering& holders) {
  std::string text;
  for (const auto* const some : {&holders.whole, &holders.part})
    for (const auto& [peer, address] : *some) text += (text.empty() ? "" : ",") + config::printable(to_string(address));
  return text;
}

/// `in_full`: with a last column of the holders' addresses, first those that have all of it.
void print_table(const Listing& listing, bool in_full, std::ostream& out) {
  auto file = listing.begin();
  bool is_head = true;
  std::array<std::size_t, 4> width{};
  for_each_row(listing, [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  });
  const auto padding = [&](const Row& row, std::size_t i) { return std::string(width[i] - row[i].size(), ' '); };
  // Numbers end where the others end, and no line ends with blanks.
  for_each_row(listing, [&](const Row& row) {
    out << row[0] << padding(row, 0) << "  " << padding(row, 1) << row[1] << "  " << row[2] << padding(row, 2) << "  "
        << padding(row, 3) << row[3];
    if (in_full) out << "  " << (is_head ? "ADDRESSES" : addresses_of((file++)->second));
    is_head = false;
    out << '\n';
  });
}

}  // namespace

const Subcommand kLsCommand{.name = "ls",
                            .help = "  ls [PREFIX]                 List what is shared\n",
                            .example = "  peerProcess ls                              List what is shared\n",
                            .run = parse_and_run<parse_ls, list_shared>};

std::variant<LsOptions, ExitCode> parse_ls(int argc, const char* const* argv) {
  LsOptions options;
  CLI::App app{"Lists the files that are shared: name, bytes, content id, holders", "peerProcess ls"};
  app.add_option("PREFIX", options.prefix, "Only names that begin so");
  app.add_flag("--long", options.in_full, "With the addresses of the holders");
  app.add_flag("--json", options.net.json, "Print a JSON array");
  add_network_options(app, options.net);
  if (const auto code = parse_words(app, words_from(2, argc, argv), kLsExits)) return *code;
  return options;
}

ExitCode list_shared(const LsOptions& options, std::ostream& out) {
  start_diagnostics("ls", options.net.log_level);
  Ls running(options);
  const ExitCode code = running.run();
  if (code != ExitCode::complete) return code;
  if (options.net.json)
    print_json(running.listing(), out);
  else
    print_table(running.listing(), options.in_full, out);
  return code;
}

}  // namespace p2p
