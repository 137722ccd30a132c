// One of the files or folders that a `get` of many fetches: the shell of its GetSteps, beside others in one process.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/holder_search.hpp"
#include "peer/node/fetch.hpp"
#include "peer/node/get_door.hpp"
#include "peer/node/get_options.hpp"
#include "peer/node/get_plan.hpp"
#include "peer/node/get_steps.hpp"

namespace p2p {

/// Everything on the network thread. Errors of the disk while it fetches come out of io_context::run() as
/// std::system_error.
class GetEntry {
 public:
  /// What all have in common; outlives them.
  struct Common {
    asio::io_context& io;
    PeerId self;
    MemberDiscovery& discovery;
    const GetOptions& options;
    const std::vector<Address>& join;
    GetDoor* door;                 ///< Null: nobody is served.
    StatusBoard* board = nullptr;  ///< Null: nobody watches.
  };
  /// Never called before start() returns, nor from inside of anything else of this.
  struct Hooks {
    std::function<void(const GetPlan::Outcome&)> on_ended;  ///< Once.
    std::function<void()> on_gone;                          ///< After that, or after stop(): it may be destroyed.
  };

  /// `holders`: what was found by now, at least one. `update`: what is there may be replaced.
  GetEntry(const Common& common, std::string name, std::vector<Holder> holders, bool update, Hooks hooks);

  void start() { act(); }
  /// Ends what is under way, within 2 s.
  void stop();
  void tick();
  Traffic traffic() const { return fetch_ ? fetch_->traffic() : Traffic(); }
  /// Of what has not ended.
  std::uint64_t stored_bytes() const { return fetch_ && !ended_ ? fetch_->stored_bytes() : 0; }
  std::optional<Wait> wait_reason() const { return fetch_ ? fetch_->wait() : std::nullopt; }
  void sample_rates(Instant at) {
    if (fetch_) fetch_->sample_rates(at);
  }
  void describe_to(Status& status) const {
    if (fetch_) fetch_->describe_to(status, name_, false);
  }
  std::uint64_t received_bytes() const { return fetch_ ? fetch_->received_bytes() : 0; }

 private:
  struct Carry;

  GetSteps::Asked asked() const { return {search_.answered(), search_.failures()}; }
  void act();
  void wait();
  void look(const GetSteps::Look& round);
  void ask_for_manifest(const GetSteps::AskForManifest& wanted);
  void begin();
  void prepare();
  void offer();
  void end_fetch();
  void end(GetPlan::Outcome outcome);
  void tell_gone();

  const Common& common_;
  std::string name_;
  std::vector<Holder> found_;
  bool update_;
  Hooks hooks_;
  HolderSearch search_;
  GetSteps steps_;
  asio::steady_timer timer_;   ///< At steps_.next_deadline().
  bool name_known_ = true;     ///< `found_` is what a search by name would find,
  bool content_known_ = true;  ///< and by content id.
  ManifestPtr arrived_;        ///< The manifest that came last, whether it is wanted or not.
  std::optional<Content> given_up_;
  std::optional<Fetch> fetch_;
  bool was_there_ = false;
  bool changing_ = false;  ///< The fetch ends, for another one to begin.
  bool ended_ = false;
  bool gone_ = false;  ///< Or on its way.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
