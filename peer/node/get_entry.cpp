#include "peer/node/get_entry.hpp"

#include <system_error>
#include <utility>
#include <variant>

#include "config/config_error.hpp"
#include "config/text.hpp"
#include "peer/content/manifest_link.hpp"
#include "peer/content/target.hpp"
#include "peer/ground/clock.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/node/got_files.hpp"
#include "peer/report/terminal.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/scratch.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {

GetEntry::GetEntry(const Common& common, std::string name, std::vector<Holder> holders, bool update, Hooks hooks)
    : common_(common),
      name_(std::move(name)),
      found_(std::move(holders)),
      update_(update),
      hooks_(std::move(hooks)),
      search_(common.io, common.discovery, {common.self, common.options.net.network, name_, {}, common.join}),
      steps_({.wanted = name_,
              .quorum = common.options.quorum,
              .update = update,
              .has_timeout = common.options.timeout_s.has_value(),
              .says_whom = false,
              .serves = common.door != nullptr,
              .join = common.join},
             now()),
      timer_(common.io) {
  steps_.on_timer(now());
}

struct GetEntry::Carry {
  GetEntry& entry;

  void operator()(const GetSteps::Look& round) const { entry.look(round); }
  void operator()(const GetSteps::AskForManifest& wanted) const { entry.ask_for_manifest(wanted); }
  void operator()(GetSteps::Begin) const { entry.begin(); }
  void operator()(const GetSteps::AddHolder& added) const { entry.fetch_->add_holder(added.holder); }
  void operator()(GetSteps::Settle) const { entry.common_.door->settle(entry.common_.discovery); }
  void operator()(GetSteps::Arrived) const {}  // nothing of many is followed
  void operator()(GetSteps::Retire) const { entry.fetch_->retire(); }
  void operator()(GetSteps::EndFetch) const { entry.end_fetch(); }
  void operator()(const GetSteps::Say& said) const { say(said.text); }
  void operator()(const GetSteps::End& end) const {
    using State = GetPlan::Outcome::State;
    GetPlan::Outcome outcome{.code = end.code, .why = end.error};
    if (end.code == ExitCode::complete)
      outcome = {.state = entry.was_there_ ? State::there : State::fetched,
                 .id = entry.arrived_->id,
                 .size = entry.arrived_->manifest.total_size(),
                 .received = entry.received_bytes()};
    entry.end(std::move(outcome));
  }
};

/// After each input to the steps.
void GetEntry::act() {
  while (!ended_) {
    const auto effect = steps_.poll_effect();
    if (!effect) break;
    std::visit(Carry{*this}, *effect);
  }
  wait();
}

void GetEntry::wait() {
  timer_.cancel();
  const Instant deadline = steps_.next_deadline();
  if (ended_ || deadline == kNever) return;
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired() || ended_) return;
    steps_.on_timer(now());
    act();
  });
}

/// The first time the answer is known: everybody was asked just now.
void GetEntry::look(const GetSteps::Look& round) {
  static const std::map<Address, DialFailure> kNoFailures;
  if (std::exchange(round.id ? content_known_ : name_known_, false)) {
    if (!round.id)
      for (const Holder& holder : found_) steps_.on_holder(holder);
    return steps_.on_looked({found_.size(), kNoFailures}, now());
  }
  if (round.id)
    search_.look_for(*round.id);
  else
    search_.look_for(name_);
  search_.run(
      fetch_ ? fetch_->linked() : std::set<Address>(), round.also,
      [this](const Holder& holder) {
        if (ended_) return;
        steps_.on_holder(holder);
        act();
      },
      [this] {
        if (ended_) return;
        steps_.on_looked(asked(), now());
        act();
      });
}

void GetEntry::ask_for_manifest(const GetSteps::AskForManifest& wanted) {
  for (const Holder& holder : wanted.holders) {
    if (!holder.sha256) continue;
    arrived_ = manifest_of_small(holder.name, holder.size, *holder.sha256, wanted.id);
    if (arrived_) return steps_.on_manifest(wanted.id);
  }
  std::vector<ManifestSource> sources;
  for (const Holder& holder : wanted.holders)
    sources.push_back({holder.peer, holder.address.host, holder.address.port});
  fetch_manifest(common_.io, common_.self, wanted.id, std::move(sources),
                 [this, alive = std::weak_ptr(alive_)](ManifestPtr known) {
                   if (alive.expired() || ended_) return;
                   arrived_ = std::move(known);
                   steps_.on_manifest(arrived_->id);
                   act();
                 });
}

void GetEntry::begin() {
  try {
    prepare();
  } catch (const config::ConfigError& error) {
    end({.code = ExitCode::content_mismatch, .why = std::string("its manifest is none: ") + error.what()});
  } catch (const ExitError& error) {
    end({.code = error.code(), .why = error.what()});
  } catch (const StoreError& error) {
    end({.code = exit_code(error.fault()), .why = error.what()});
  } catch (const std::system_error& error) {
    end({.code = is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io, .why = error.what()});
  }
}

void GetEntry::prepare() {
  const config::Manifest& manifest = arrived_->manifest;
  if (const std::string fault =
          steps_.fault_of(manifest.total_size(), manifest.piece_hash == config::PieceHash::sha256);
      !fault.empty())
    throw ExitError(ExitCode::content_mismatch, fault);
  const std::filesystem::path root = common_.options.out / name_;
  if (!is_below(common_.options.out, name_))
    throw ExitError(ExitCode::content_mismatch,
                    "a folder of " + root.string() +
                        " is a symbolic link or no folder, and nothing is written through one; move it away");
  was_there_ = is_there(root, arrived_, update_, ProgressMode::none);
  if (was_there_) return steps_.on_complete(false, now());
  if (!manifest.has_bytes()) {
    make_empty(root, *arrived_, update_);
    if (given_up_) give_up_scratch(*std::exchange(given_up_, std::nullopt));
    return steps_.on_complete(false, now());
  }
  Fetch::Hooks hooks{.on_complete =
                         [this, alive = std::weak_ptr(alive_)] {
                           if (alive.expired() || ended_) return;
                           steps_.on_complete(common_.door != nullptr, now());
                           act();
                         },
                     .on_offering =
                         [this](std::uint32_t count) {
                           if (ended_) return;
                           steps_.on_offering(count, now());
                           wait();
                         },
                     .on_flushed =
                         [this, alive = std::weak_ptr(alive_)] {
                           if (alive.expired() || ended_) return;
                           steps_.on_flushed();
                           act();
                         }};
  const Fetch::Options how{.replace = update_ && !manifest.folder,
                           .port = common_.door ? common_.door->port() : std::uint16_t{0},
                           .board = common_.board,
                           .name = std::make_shared<const std::string>(name_)};
  fetch_.emplace(common_.io, common_.self, arrived_, root, how, std::move(hooks));
  if (given_up_) give_up_scratch(*std::exchange(given_up_, std::nullopt));
  steps_.on_begun(now());
  if (common_.door) offer();
  fetch_->start();
}

void GetEntry::offer() {
  common_.door->offer(
      {.id = arrived_->id,
       .size = arrived_->manifest.total_size(),
       .name = name_,
       .manifest = [known = arrived_] { return text_of(known); },
       .exchange = [this](StreamPtr stream, const Handshake& shown) { fetch_->add_accepted(std::move(stream), shown); },
       .is_complete = [this] { return fetch_->is_complete(); }});
}

void GetEntry::tick() {
  if (!fetch_ || ended_) return;
  fetch_->show_progress();
  if (const Duration full = fetch_->without_room_for(now()); full > Duration::zero())
    steps_.on_disk_full(now() - full);
  else
    steps_.on_room();
  wait();
}

void GetEntry::end_fetch() {
  changing_ = true;
  if (common_.door) common_.door->withdraw(name_);
  // Not now: this comes from inside of what is to end.
  fetch_->finish([this, alive = std::weak_ptr(alive_)] {
    asio::post(common_.io, [this, alive] {
      if (alive.expired()) return;
      changing_ = false;
      if (ended_) return tell_gone();
      if (!fetch_->known()->manifest.folder) given_up_ = content_of(common_.options.out / name_, fetch_->known());
      fetch_.reset();
      steps_.on_fetch_ended(now());
      act();
    });
  });
}

void GetEntry::end(GetPlan::Outcome outcome) {
  if (std::exchange(ended_, true)) return;
  asio::post(common_.io, [this, outcome = std::move(outcome), alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    hooks_.on_ended(outcome);
    stop();
  });
}

/// The hook destroys this, and itself with it.
void GetEntry::tell_gone() { std::exchange(hooks_.on_gone, nullptr)(); }

void GetEntry::stop() {
  ended_ = true;
  if (common_.door) common_.door->withdraw(name_);
  timer_.cancel();
  if (std::exchange(gone_, true) || changing_) return;
  const auto gone = [this, alive = std::weak_ptr(alive_)] {
    asio::post(common_.io, [this, alive] {
      if (!alive.expired()) tell_gone();
    });
  };
  if (fetch_)
    fetch_->finish(gone);
  else
    gone();
}

}  // namespace p2p
