// A process that fetches one shared file, or folder, from all who have it or a part of it: finds them, verifies what
// comes, gives it to others who fetch it, and ends. The shell of GetSteps, which decides what is done when.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/holder_search.hpp"
#include "peer/discovery/member_discovery.hpp"
#include "peer/node/fetch.hpp"
#include "peer/node/get_door.hpp"
#include "peer/node/get_host.hpp"
#include "peer/node/get_options.hpp"
#include "peer/node/get_steps.hpp"
#include "peer/node/http_service.hpp"
#include "peer/node/life.hpp"
#include "peer/node/membership.hpp"
#include "peer/node/status_service.hpp"

namespace p2p {

class Get {
 public:
  /// What is there in the end.
  struct Result {
    ContentId id;
    std::string name;
    std::filesystem::path path;
    std::uint64_t size;
    std::vector<Fetch::Contribution> holders;
    std::uint64_t received;  ///< Bytes of pieces that came from holders,
    std::uint64_t found;     ///< and that the file that was there before had at other places.
    Fetch::Given given;
    std::string quorum;  ///< As GetSteps::quorum().
  };

  /// `options` outlive this. `on_arrived`: with GetOptions::follow each time that all is there. May be null.
  explicit Get(const GetOptions& options, std::function<void(const Result&)> on_arrived = {});

  /// Once. Throws ExitError (network, timeout, content_mismatch, disk_full, io, usage).
  ExitCode run();
  /// After ExitCode::complete.
  Result result() const;

 private:
  struct Carry;

  GetSteps::Asked asked() const { return {search_.answered(), search_.failures()}; }
  std::string name_here() const;
  void act();
  void wait();
  void look(const GetSteps::Look& round);
  void look_for_folder();
  void ask_for_manifest(const GetSteps::AskForManifest& wanted);
  void begin();
  void have_empty();
  void retire();
  void offer();
  void fail(const GetSteps::End& end);
  void show_progress();
  void end_fetch();
  void farewell(std::function<void()> gone);
  ExitCode run_watched();
  void tick_board();
  void tell_progress();
  void describe_to(Status& status) const;

  const GetOptions& options_;
  std::function<void(const Result&)> on_arrived_;
  asio::io_context io_{1};
  Life life_;
  std::optional<Instant> deadline_;
  Membership membership_;
  PeerId self_;
  StatusService status_;
  std::vector<Address> join_;
  std::unique_ptr<MemberDiscovery> discovery_;
  HolderSearch search_;
  GetSteps steps_;
  asio::steady_timer timer_;                 ///< At steps_.next_deadline().
  ManifestPtr arrived_;                      ///< The manifest that came last, whether it is wanted or not.
  std::map<ContentId, std::string> called_;  ///< By the word of the first holder of each.
  ManifestPtr known_;                        ///< The manifest of what is fetched.
  std::filesystem::path root_;               ///< Where its file is to be.
  std::optional<Content> given_up_;          ///< What the name meant before, unfinished.
  std::optional<GetDoor> door_;              ///< None where nobody is served.
  std::optional<Fetch> fetch_;
  GetHost host_;
  std::optional<HttpService> http_;  ///< None before it runs, and when the process leaves.
  bool ending_ = false;              ///< The fetch ends, for another one to begin.
  std::function<void()> gone_;       ///< The process leaves as soon as it has ended.
};

}  // namespace p2p
