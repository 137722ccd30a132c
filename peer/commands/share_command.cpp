#include "peer/commands/share_command.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "config/hex.hpp"
#include "peer/commands/usage.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/discovery/make_discovery.hpp"
#include "peer/discovery/own_hosts.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/descriptors.hpp"
#include "peer/net/listener.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/http_service.hpp"
#include "peer/node/life.hpp"
#include "peer/node/membership.hpp"
#include "peer/node/share_host.hpp"
#include "peer/node/share_node.hpp"
#include "peer/node/status_service.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/share/library.hpp"

namespace p2p {
namespace {

class Share {
 public:
  Share(const ShareOptions& options, const SharePlan& plan, std::ostream& out)
      : options_(options),
        plan_(plan),
        out_(out),
        life_(io_),
        membership_(io_, life_, options.net),
        self_(membership_.self()),
        listener_(io_, plan.self.host, plan.self.port),
        status_(io_, options.net.status,
                {.peer = self_.value, .mode = "share", .address = to_string(plan.self), .kind = "library"}),
        discovery_(make_discovery(io_, {.network = options.net.network,
                                        .self = Node{self_, plan.self.host, plan.self.port},
                                        .join = to_rendezvous(plan.join),
                                        .port = plan.self.port,
                                        .multicast = options.net.multicast,
                                        .dht = options.net.dht})),
        library_(io_,
                 {.folder = plan.folder,
                  .hidden = plan.hidden,
                  .reserve = options.reserve,
                  .jobs = options.jobs,
                  .as = options.as,
                  .only = plan.only,
                  .finished = options.finished,
                  .keeps = options.keeps},
                 hooks()),
        node_(io_, {self_, plan.self.host, plan.self.port}, options.net.network, library_,
              DoorLimits::open(spare_connections(0)),
              {.on_fetching =
                   [this](const ShareNode::Visit& visit) {
                     discovery_->announce({visit.name, visit.id, visit.size});
                     note_visit(visit, false);
                     tell("fetching", visit);
                   },
               .on_fetched =
                   [this](const ShareNode::Visit& visit) {
                     note_visit(visit, true);
                     tell("fetched", visit);
                   },
               .members =
                   [this](const Remote& from, const Introduction& introduction) {
                     return discovery_->answer(from.address, introduction);
                   },
               .on_event = event_hook()}),
        host_(io_, library_, options.as.has_value()),
        progress_(options.net.progress) {
    asio::use_service<Limits>(io_).set(io_, options.limits);
  }

  ExitCode run() {
    life_.set_doing({.farewell = [this](ExitCode, std::function<void()> gone) { farewell(std::move(gone)); },
                     .on_signal = [] { return ExitCode::complete; }});
    http_.emplace(host_, options_.http, options_.net.network.is_private());
    listener_.start([this](StreamPtr stream) { node_.add_accepted(std::move(stream)); },
                    [this] { return node_.make_room(); });
    say_where();
    library_.start();
    // Whether inotify has told everything or not.
    life_.on_reload([this] { library_.look(); });
    life_.every(ProgressLine::kInterval, [this] { show_progress(); });
    if (StatusBoard* const board = status_.board())
      board->set_source([this](Status& status) {
        tick_board(library_.pending());
        describe_to(status);
      });
    return status_.watch([this] { return life_.run(); });
  }

 private:
  Library::Hooks hooks() {
    return {.on_offered =
                [this](const Holding& holding) {
                  node_.offered(holding);
                  host_.offered(holding);
                  note(OfferChanged{true, holding.size, config::to_hex(holding.id)}, holding.name);
                  tell("offered", holding);
                },
            .on_withdrawn =
                [this](const Holding& holding) {
                  node_.withdrawn(holding);
                  host_.withdrawn(holding);
                  discovery_->withdraw(holding);
                  note(OfferChanged{false, holding.size, config::to_hex(holding.id)}, holding.name);
                  tell("withdrawn", holding);
                },
            .on_work = [this] { note_ready(); }};
  }

  /// Null where nobody watches.
  std::function<void(const Event&, const ContentName&)> event_hook() {
    StatusBoard* const board = status_.board();
    if (!board) return nullptr;
    return [board](const Event& event, const ContentName& name) { board->tell(event, name); };
  }

  void note(Note note, const std::string& name) {
    if (StatusBoard* const board = status_.board())
      board->note(std::move(note), std::make_shared<const std::string>(name));
  }

  void note_visit(const ShareNode::Visit& visit, bool has_ended) {
    note(VisitChanged{has_ended, visit.address, visit.bytes, config::to_hex(visit.id)}, visit.name);
  }

  bool is_ready(const Library::Pending& pending) const { return pending.looked && pending.waiting == 0; }

  void tick_board(const Library::Pending& pending) {
    StatusBoard* const board = status_.board();
    if (!board) return;
    node_.sample_rates(now());
    const Phase phase = life_.leaving() ? Phase::leaving : is_ready(pending) ? Phase::serving : Phase::starting;
    board->tick(phase, {0, node_.sent_bytes()}, []() -> std::optional<Wait> { return std::nullopt; });
  }

  void describe_to(Status& status) const {
    const Library::Pending pending = library_.pending();
    Status::Subject& content = status.content;
    content.name = options_.as ? *options_.as : plan_.only ? *plan_.only : plan_.folder.filename().string();
    content.size = content.stored_bytes = pending.bytes;
    content.files = pending.offered + pending.waiting;
    content.files_done = pending.offered;
    status.state.complete = status.state.ready = is_ready(pending);
    status.swarm.complete += status.state.complete;
    node_.describe_to(status);
  }

  /// Which addresses are listened on: all, or the loopback's.
  std::vector<Address> served() const {
    if (is_loopback(plan_.self.host)) return {plan_.self};
    std::vector<Address> all{plan_.self};
    for (const std::string& host : own_hosts())
      if (host != plan_.self.host) all.push_back({host, plan_.self.port});
    return all;
  }

  void say_where() {
    progress_.finish("serving on " + to_string(served()));
    if (is_loopback(plan_.self.host) && !plan_.local_by_choice)
      spdlog::warn(
          "this machine has no address but the loopback's: nobody else can reach it; start again when it has one, or "
          "say --host");
  }

  void tell(const char* event, const Holding& holding) {
    spdlog::info("{} {}", event, holding.name);
    if (!options_.net.json) return;
    print(
        {{"event", event}, {"name", holding.name}, {"size", holding.size}, {"content_id", config::to_hex(holding.id)}});
  }

  void tell(const char* event, const ShareNode::Visit& visit) {
    spdlog::info("{} {}: {}, {} bytes sent", event, visit.name, visit.address, visit.bytes);
    if (!options_.net.json) return;
    print({{"event", event},
           {"name", visit.name},
           {"content_id", config::to_hex(visit.id)},
           {"address", visit.address},
           {"bytes", visit.bytes}});
  }

  void print(const nlohmann::ordered_json& line) {
    out_ << line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << std::endl;
  }

  std::string summary() const {
    const Library::Pending pending = library_.pending();
    std::string text = "sharing " + std::to_string(pending.offered) + (pending.offered == 1 ? " file, " : " files, ") +
                       megabytes(static_cast<double>(pending.bytes)) + ", on " + to_string(plan_.self);
    if (pending.waiting > 0) text += "; " + std::to_string(pending.waiting) + " more to hash";
    if (const auto hashing = library_.hashing())
      text += ", " + megabytes(static_cast<double>(hashing->done)) + " of " +
              megabytes(static_cast<double>(hashing->size)) + " of " + hashing->name;
    return text;
  }

  /// Who fetches what now: one of them in full, and how many more there are.
  std::string sending() const {
    const std::vector<ShareNode::Visit> visits = node_.visits();
    if (visits.empty()) return {};
    const ShareNode::Visit& first = visits.front();
    return "sending " + first.name + " to " + first.address + ", " + megabytes(static_cast<double>(first.bytes)) +
           (visits.size() > 1 ? " (and " + std::to_string(visits.size() - 1) + " more)" : "") + "; " +
           megabytes(sent_rate_.bytes_per_s()) + "/s in all";
  }

  /// Says so each time when everything that there is is offered.
  void note_ready() {
    const Library::Pending pending = library_.pending();
    const bool ready = is_ready(pending);
    if (std::exchange(ready_, ready) == ready || !ready) return;
    progress_.finish(summary());
    if (std::exchange(left_out_, pending.left_out) != pending.left_out && pending.left_out != LeftOut{})
      progress_.finish("left out: " + describe(pending.left_out));
    nlohmann::ordered_json addresses = nlohmann::ordered_json::array();
    for (const Address& address : served()) addresses.push_back(to_string(address));
    if (options_.net.json)
      print({{"event", "ready"},
             {"files", pending.offered},
             {"bytes", pending.bytes},
             {"address", to_string(plan_.self)},
             {"addresses", addresses},
             {"left_out",
              {{"hidden", pending.left_out.hidden},
               {"private", pending.left_out.unreadable},
               {"links", pending.left_out.links},
               {"special", pending.left_out.special}}}});
  }

  void show_progress() {
    const Library::Pending pending = library_.pending();
    sent_rate_.sample(node_.sent_bytes(), now());
    tick_board(pending);
    if (life_.service().listens()) life_.service().status(summary());
    const std::string sends = sending();
    const bool busy = pending.waiting > 0 || !sends.empty();
    if (busy)
      progress_.show(pending.offered, std::max<std::size_t>(pending.offered + pending.waiting, 1), summary(), sends);
    else if (was_busy_)
      progress_.clear();
    was_busy_ = busy;
  }

  void farewell(std::function<void()> gone) {
    listener_.stop();
    http_.reset();
    progress_.clear();
    tick_board(library_.pending());
    discovery_->leave([this, gone = std::move(gone)]() mutable { node_.finish(std::move(gone)); });
  }

  const ShareOptions& options_;
  const SharePlan& plan_;
  std::ostream& out_;
  asio::io_context io_{1};
  Life life_;
  Membership membership_;
  PeerId self_;
  Listener listener_;
  StatusService status_;
  std::unique_ptr<MemberDiscovery> discovery_;
  Library library_;
  ShareNode node_;
  ShareHost host_;
  std::optional<HttpService> http_;  ///< None before it runs, and when the process leaves.
  ProgressLine progress_;
  RecentRate sent_rate_;
  bool ready_ = false;
  LeftOut left_out_;  ///< As told last.
  bool was_busy_ = false;
};

}  // namespace

const Subcommand kShareCommand{
    .name = "share",
    .help =
        "  share --folder DIR          Offer every file of a folder to whoever asks for it by name\n"
        "  share --as NAME DIR         Offer a folder as one content\n"
        "  share CLUSTER               Offer every file of a folder with a cluster file\n",
    .example =
        "  peerProcess share --folder models           Offer every file of a folder to whoever asks for it by name\n",
    .run = parse_and_run<parse_share, share_folder>};

ExitCode share_folder(const ShareOptions& options, std::ostream& out) {
  // The kernel sends it when somebody opens a file for writing while we ask whether somebody has it open.
  std::signal(SIGIO, SIG_IGN);
  start_diagnostics("share", options.net.log_level);
  const SharePlan plan = plan_share(options);
  std::optional<Share> running;
  try {
    running.emplace(options, plan, out);
  } catch (const ExitError& error) {
    if (error.code() != ExitCode::port_in_use) throw;
    throw ExitError(error.code(), std::string(error.what()) + "; choose another one with --port");
  }
  return running->run();
}

}  // namespace p2p
