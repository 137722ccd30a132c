// A process that fetches many shared files: several at a time, what is new or changed since an earlier run, with a list
// of what became of each. The shell of GetPlan.
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
#include "peer/node/get_door.hpp"
#include "peer/node/get_entry.hpp"
#include "peer/node/get_options.hpp"
#include "peer/node/get_plan.hpp"
#include "peer/node/got_files.hpp"
#include "peer/node/life.hpp"
#include "peer/node/membership.hpp"
#include "peer/node/status_service.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

class GetMany {
 public:
  /// `options` outlive this.
  explicit GetMany(const GetOptions& options);

  /// Once. The code of the first name that failed, or complete; throws ExitError when it all fails (network, timeout,
  /// disk_full, io).
  ExitCode run();

  /// By name; those that are not in the end are missing.
  const std::map<std::string, GetPlan::Outcome>& outcomes() const { return plan_.outcomes(); }
  /// Names that an earlier run put there, that are wanted, and that nobody offers any more; and whether they were
  /// removed now.
  const std::map<std::string, bool>& no_longer_offered() const { return no_longer_offered_; }
  /// "12 fetched (3.4 MB), 5 there already, 1 failed".
  std::string summary() const;

 private:
  struct Carry;

  void act();
  void wait();
  void ask(const std::string& question);
  void begin(const std::string& name, std::vector<Holder> holders);
  bool is_there_already(const std::string& name, const std::vector<Holder>& holders);
  void on_ended(const std::string& name, const GetPlan::Outcome& outcome);
  void end();
  void look_for_old();
  void tick();
  void farewell(std::function<void()> gone);
  void check_gone();
  std::string missing() const;
  ExitCode run_watched();
  void tick_board();
  void describe_to(Status& status) const;

  const GetOptions& options_;
  asio::io_context io_{1};
  Life life_;
  Membership membership_;
  PeerId self_;
  StatusService status_;
  std::vector<Address> join_;
  std::unique_ptr<MemberDiscovery> discovery_;
  HolderSearch search_;
  GetPlan plan_;
  GotFiles got_;
  asio::steady_timer timer_;  ///< At plan_.next_deadline().
  ProgressLine progress_;
  RecentRate rate_;
  std::optional<GetDoor> door_;  ///< None where nobody is served.
  GetEntry::Common common_;
  std::map<std::string, std::unique_ptr<GetEntry>> entries_;  ///< Those that are not gone.
  bool all_answered_ = true;                                  ///< And in full, whoever was asked.
  std::uint64_t received_ = 0;                                ///< Of those that are gone.
  std::uint64_t sent_ = 0;                                    ///< Likewise.
  Instant saved_at_;
  std::map<std::string, bool> no_longer_offered_;
  std::function<void()> gone_;
};

}  // namespace p2p
