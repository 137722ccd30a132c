#include "peer/node/get.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "config/config_error.hpp"
#include "config/text.hpp"
#include "peer/content/manifest_link.hpp"
#include "peer/content/target.hpp"
#include "peer/discovery/join.hpp"
#include "peer/discovery/make_discovery.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/start_watch.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/report/terminal.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

GetSteps::Options steps_of(const GetOptions& options, const std::vector<Address>& join) {
  return {.wanted = options.wanted,
          .id = options.id,
          .quorum = options.quorum,
          .update = options.update,
          .follow = options.follow,
          .has_timeout = options.timeout_s.has_value(),
          .says_whom = options.net.progress != ProgressMode::none,
          .serves = options.serve,
          .linger = options.keep ? GetSteps::kKeep : std::chrono::seconds(options.linger_s),
          .join = join};
}

/// A content id may have any name.
GetHost::Wanted wanted_of(const GetOptions& options) {
  GetHost::Wanted wanted{.name = std::nullopt, .id = options.id};
  if (!options.as.empty())
    wanted.name = options.as;
  else if (!options.id)
    wanted.name = options.wanted;
  return wanted;
}

}  // namespace

Get::Get(const GetOptions& options, std::function<void(const Result&)> on_arrived)
    : options_(options),
      on_arrived_(std::move(on_arrived)),
      life_(io_),
      deadline_(options.timeout_s ? std::optional(now() + std::chrono::seconds(*options.timeout_s)) : std::nullopt),
      membership_(io_, life_, options.net),
      self_(membership_.self()),
      status_(io_, options.net.status,
              {.peer = self_.value, .mode = "get", .exit_when = options.keep ? "never" : "self"}),
      join_(addresses_to_join(options.net.join)),
      discovery_(make_discovery(io_, visitor(options.net, self_, join_))),
      search_(io_, *discovery_, {self_, options.net.network, options.wanted, options.id, join_}),
      steps_(steps_of(options, join_), now()),
      timer_(io_),
      host_(io_, wanted_of(options)) {}

ExitCode Get::run() {
  if (StatusBoard* const board = status_.board())
    board->set_source([this](Status& status) {
      tick_board();
      describe_to(status);
    });
  return status_.watch([this] { return run_watched(); });
}

ExitCode Get::run_watched() {
  http_.emplace(host_, options_.http, options_.net.network.is_private());
  if (options_.serve) door_.emplace(io_, self_, options_.net.network, join_, options_.port);
  life_.set_doing({.farewell = [this](ExitCode, std::function<void()> gone) { farewell(std::move(gone)); },
                   .on_signal = [this] { return steps_.is_complete() ? ExitCode::complete : ExitCode::interrupted; },
                   .missing = [this] { return fetch_ ? fetch_->explain() : steps_.missing(asked()); }});
  asio::use_service<Limits>(io_).set(io_, options_.limits);
  life_.end_at(deadline_);
  if (options_.while_stdin_s) life_.end_with_stdin(std::chrono::seconds(*options_.while_stdin_s));
  life_.every(Progress::kInterval, [this] { show_progress(); });
  wait();
  while (true) {
    try {
      return life_.run();
    } catch (const config::ConfigError& error) {
      steps_.on_unusable(std::string("the content's manifest is none: ") + error.what(), now());
      act();
    }
  }
}

struct Get::Carry {
  Get& get;

  void operator()(const GetSteps::Look& round) const { get.look(round); }
  void operator()(const GetSteps::AskForManifest& wanted) const { get.ask_for_manifest(wanted); }
  void operator()(GetSteps::Begin) const { get.begin(); }
  void operator()(const GetSteps::AddHolder& added) const { get.fetch_->add_holder(added.holder); }
  void operator()(GetSteps::Settle) const { get.door_->settle(*get.discovery_); }
  void operator()(GetSteps::Arrived) const {
    if (get.on_arrived_) get.on_arrived_(get.result());
  }
  void operator()(GetSteps::Retire) const { get.retire(); }
  void operator()(GetSteps::EndFetch) const { get.end_fetch(); }
  void operator()(const GetSteps::Say& said) const { say(said.text); }
  void operator()(const GetSteps::End& end) const {
    if (end.code == ExitCode::complete)
      get.life_.leave(end.code);
    else
      get.fail(end);
  }
};

void Get::fail(const GetSteps::End& end) {
  const bool names_pieces = fetch_ && end.code == ExitCode::network;
  life_.fail({end.code, names_pieces ? end.error + "; " + fetch_->explain() : end.error});
}

/// After each input to the steps.
void Get::act() {
  while (!life_.leaving()) {
    const auto effect = steps_.poll_effect();
    if (!effect) break;
    std::visit(Carry{*this}, *effect);
  }
  wait();
}

void Get::wait() {
  timer_.cancel();
  const Instant deadline = steps_.next_deadline();
  if (life_.leaving() || deadline == kNever) return;
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    steps_.on_timer(now());
    act();
  });
}

void Get::look(const GetSteps::Look& round) {
  if (round.id)
    search_.look_for(*round.id);
  else
    search_.look_for(options_.wanted);
  search_.run(
      fetch_ ? fetch_->linked() : std::set<Address>(), round.also,
      [this](const Holder& holder) {
        called_.try_emplace(holder.id, holder.name);
        steps_.on_holder(holder);
        act();
      },
      [this, by_name = !round.id] {
        if (by_name && called_.empty() && search_.answered() > 0) return look_for_folder();
        steps_.on_looked(asked(), now());
        act();
      });
}

/// Nobody has the name; it may be a folder of names.
void Get::look_for_folder() {
  search_.look_for(options_.wanted + "/");
  const auto names = std::make_shared<std::set<std::string>>();
  search_.run(
      {}, {}, [names](const Holder& holder) { names->insert(holder.name); },
      [this, names] {
        if (!names->empty())
          return life_.fail({ExitCode::usage, config::in_quotes(options_.wanted) + " is a folder of " +
                                                  std::to_string(names->size()) + " names, not a name; say " +
                                                  config::in_quotes(options_.wanted + "/") + " for all of them"});
        steps_.on_looked(asked(), now());
        act();
      });
}

void Get::ask_for_manifest(const GetSteps::AskForManifest& wanted) {
  std::vector<ManifestSource> sources;
  for (const Holder& holder : wanted.holders)
    sources.push_back({holder.peer, holder.address.host, holder.address.port});
  fetch_manifest(io_, self_, wanted.id, std::move(sources), [this](ManifestPtr known) {
    arrived_ = std::move(known);
    steps_.on_manifest(arrived_->id);
    act();
  });
}

void Get::begin() {
  known_ = arrived_;
  const config::Manifest& manifest = known_->manifest;
  if (const std::string fault =
          steps_.fault_of(manifest.total_size(), manifest.piece_hash == config::PieceHash::sha256);
      !fault.empty())
    return steps_.on_unusable(fault, now());
  root_ = options_.out / name_here();
  // Looking has a progress of its own.
  std::optional<StartWatch> busy(std::in_place, StartWatch::Options{"looking at " + root_.string(), ProgressMode::none,
                                                                    deadline_, life_.service().heartbeat()});
  const bool there = is_there(root_, known_, options_.update, options_.net.progress);
  busy.reset();
  if (there) {
    say(root_.lexically_normal().string() + " is there already");
    if (!options_.keep && options_.linger_s == 0) return steps_.on_complete(false, now());
  }
  if (!manifest.has_bytes()) {
    if (!there) make_empty(root_, *known_, options_.update);
    return have_empty();
  }
  const std::string what = "preparing " + std::to_string(manifest.piece_count()) + " pieces of " + root_.string();
  busy.emplace(StartWatch::Options{what, options_.net.progress, deadline_, life_.service().heartbeat()});
  const Fetch::Options how{.progress = options_.net.progress,
                           .on_scan = busy->noting(scan_progress(options_.net.progress)),
                           .replace = options_.update && !manifest.folder,
                           .port = door_ ? door_->port() : std::uint16_t{0},
                           .board = status_.board(),
                           .name = std::make_shared<const std::string>(name_here())};
  Fetch::Hooks hooks{.on_complete =
                         [this] {
                           // It has come in time.
                           life_.end_at(std::nullopt);
                           steps_.on_complete(door_.has_value(), now());
                           act();
                           tell_progress();
                         },
                     .on_offering =
                         [this](std::uint32_t count) {
                           steps_.on_offering(count, now());
                           wait();
                         },
                     .on_flushed =
                         [this] {
                           steps_.on_flushed();
                           act();
                         }};
  fetch_.emplace(io_, self_, known_, root_, how, std::move(hooks));
  busy.reset();
  // Only now: what both have was taken from there.
  if (given_up_) give_up_scratch(*std::exchange(given_up_, std::nullopt));
  steps_.on_begun(now());
  if (door_) offer();
  fetch_->start();
  host_.have(known_, name_here(), &fetch_->readers());
  fetch_->show_progress();
}

/// It is complete at once, and there is nothing to exchange: no fetch is made.
void Get::have_empty() {
  life_.end_at(std::nullopt);
  if (given_up_) give_up_scratch(*std::exchange(given_up_, std::nullopt));
  if (door_) offer();
  host_.have(known_, name_here(), nullptr);
  steps_.on_complete(door_.has_value(), now());
}

void Get::retire() {
  if (fetch_) return fetch_->retire();
  asio::post(io_, [this] {
    steps_.on_flushed();
    act();
  });
}

void Get::offer() {
  door_->offer(GetDoor::Offer{.id = known_->id,
                              .size = known_->manifest.total_size(),
                              .name = name_here(),
                              .manifest = [known = known_] { return text_of(known); },
                              .exchange =
                                  [this](StreamPtr stream, const Handshake& shown) {
                                    if (fetch_) fetch_->add_accepted(std::move(stream), shown);
                                  },
                              .is_complete = [this] { return !fetch_ || fetch_->is_complete(); }});
}

void Get::show_progress() {
  tell_progress();
  if (!fetch_ || ending_) return;
  fetch_->show_progress();
  if (const Duration full = fetch_->without_room_for(now()); full > Duration::zero())
    steps_.on_disk_full(now() - full);
  else
    steps_.on_room();
  wait();
}

void Get::end_fetch() {
  ending_ = true;
  host_.lose();
  if (door_) door_->withdraw(name_here());
  // Not now: this comes from inside of what is to end.
  const auto ended = [this] {
    asio::post(io_, [this] {
      // Of a folder it stays: the next one begins with the pieces that it has in common.
      if (fetch_ && !fetch_->known()->manifest.folder) given_up_ = content_of(root_, fetch_->known());
      fetch_.reset();
      ending_ = false;
      if (gone_) return gone_();
      steps_.on_fetch_ended(now());
      act();
    });
  };
  fetch_ ? fetch_->finish(ended) : ended();
}

void Get::farewell(std::function<void()> gone) {
  timer_.cancel();
  tell_progress();
  http_.reset();
  if (door_) door_->close();
  auto end = [this, gone = std::move(gone)]() mutable {
    if (fetch_) fetch_->end_progress();
    discovery_->leave(std::move(gone));
  };
  // A fetch that ends for another one is waited for: its connections have buffers of it.
  if (ending_)
    gone_ = std::move(end);
  else if (fetch_)
    fetch_->finish(std::move(end));
  else
    end();
}

/// A folder's manifest does not say how it is called; those who hold it do.
std::string Get::name_here() const {
  if (!options_.as.empty()) return options_.as;
  if (!options_.id) return options_.wanted;
  return known_->manifest.folder ? called_.at(known_->id) : known_->manifest.files.front().path;
}

Get::Result Get::result() const {
  const config::Manifest& manifest = known_->manifest;
  return {.id = known_->id,
          .name = name_here(),
          .path = root_.lexically_normal(),
          .size = manifest.total_size(),
          .holders = fetch_ ? fetch_->contributions() : std::vector<Fetch::Contribution>(),
          .received = fetch_ ? fetch_->received_bytes() : 0,
          .found = fetch_ ? fetch_->found_bytes() : 0,
          .given = fetch_ ? fetch_->given() : Fetch::Given(),
          .quorum = steps_.quorum()};
}

}  // namespace p2p
