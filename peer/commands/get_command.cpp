#include "peer/commands/get_command.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/descriptors.hpp"
#include "peer/content/manifest_link.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/report/terminal.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/node/fetch.hpp"
#include "peer/discovery/join.hpp"
#include "peer/node/node_id.hpp"
#include "peer/discovery/tally.hpp"
#include "peer/content/target.hpp"
#include "peer/node/start_watch.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/scratch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How long to look for somebody who has it, without --timeout: a new node is known to all within a few seconds.
constexpr Duration kSearchPatience = 12s;
// The same where no node answers and none is on its way: long enough for one that was started just before.
constexpr Duration kPatienceWithNobody = 3s;
// A get that takes longer says whom it asks.
constexpr auto kSayWhomAfter = 500ms;
// How long to wait for room on a full disk. Nobody is served meanwhile, so somebody who waits for the file should know.
constexpr Duration kRoomPatience = 60s;
// How long to go on without any holder.
constexpr Duration kAlonePatience = 60s;
constexpr std::chrono::milliseconds kFirstPause = 200ms, kLongestPause = 2s;
// How often new holders are looked for while some are there.
constexpr auto kRefreshInterval = 4s;
// How long nobody gives anything before the name is asked for again: it may be another content by now. And how often.
constexpr Duration kUnservedPatience = 500ms;
constexpr auto kNameInterval = 1s;

class Get {
 public:
  explicit Get(const GetOptions& options)
      : options_(options),
        self_(random_peer_id()),
        join_(addresses_to_join(options.net.join)),
        discovery_(make_discovery(io_, {.network = options.net.network, .join = to_rendezvous(join_)})),
        search_(io_, *discovery_, {self_, options.net.network, options.wanted, options.id, join_}),
        signals_(io_, SIGINT, SIGTERM),
        timeout_(io_),
        pause_timer_(io_),
        progress_timer_(io_),
        whom_timer_(io_),
        began_(now()) {}

  ExitCode run(std::ostream& out) {
    wait_for_signal();
    wait_for_timeout();
    say_whom_soon();
    look_again(0ms);
    run_to_the_end();
    if (fetch_) fetch_->end_progress();
    if (failure_) throw *std::exchange(failure_, std::nullopt);
    if (code_ == ExitCode::complete) print(out);
    return code_;
  }

 private:
  void say_whom_soon() {
    if (options_.net.progress == ProgressMode::none) return;
    whom_timer_.expires_after(kSayWhomAfter);
    whom_timer_.async_wait([this](const std::error_code& error) {
      if (!error && !leaving_ && !chosen_) say("asking " + to_string(join_) + " ...");
    });
  }

  void on_holder(const Holder& holder) {
    if (leaving_) return;
    if (chosen_ && asks_name_) called_now_.add(holder);
    if (chosen_ && holder.id != *chosen_) return;
    tally_.add(holder);
    if (!chosen_) return;
    if (fetch_)
      fetch_->add_holder(holder);
    else
      ask_for_manifest({holder});
  }

  void on_looked() {
    if (leaving_) return;
    if (chosen_) {
      if (is_another_content_now()) return guarded([this] { go_on_with_another_content(); });
      const bool hopeless = !fetch_ && !options_.timeout_s && now() - chosen_at_ > kAlonePatience;
      if (hopeless) return fail(ExitCode::network, "no holder has given the manifest of " + config::in_quotes(options_.wanted));
      return look_again(is_unserved() ? kNameInterval : kRefreshInterval);
    }
    const bool nobody_at_all = search_.answered() == 0;
    const Duration patience = nobody_at_all && is_final(join_, search_.failures()) ? kPatienceWithNobody : kSearchPatience;
    const Tally::Result result = tally_.judge(options_.quorum);
    const bool patient = options_.timeout_s || now() - began_ < patience;
    const std::string name = config::in_quotes(options_.wanted);
    switch (result.verdict) {
      case Tally::Verdict::accepted: return choose(result);
      case Tally::Verdict::conflict:
        return fail(ExitCode::content_mismatch, name + " is the name of " + (options_.quorum ? "several contents that have a quorum" : "different contents") +
                                                    "; ask by content id, or with a --quorum that only one has:\n" + tally_.describe());
      case Tally::Verdict::nobody:
        if (!patient) return fail(ExitCode::network, nobody_has_it());
        break;
      case Tally::Verdict::too_few:
        if (!patient)
          return fail(ExitCode::content_mismatch, "no content " + name + " has a quorum: " + std::to_string(result.holders) + "/" +
                                                      std::to_string(*options_.quorum) + " holders agree\n" + tally_.describe());
        break;
    }
    look_again(pause_);
    pause_ = std::min<std::chrono::milliseconds>(2 * pause_, kLongestPause);
  }

  void look_again(std::chrono::milliseconds time) {
    pause_timer_.expires_after(time);
    pause_timer_.async_wait([this](const std::error_code& error) {
      if (error || leaving_) return;
      std::set<Address> former;
      for (const auto& [id, holders] : tally_.by_content())
        for (const Holder& holder : holders) former.insert(holder.address);
      // What was said before somebody is believed may no longer be so.
      if (!chosen_) tally_ = {};
      called_now_ = {};
      asks_name_ = !options_.id && (!chosen_ || is_unserved());
      if (asks_name_)
        search_.look_for(options_.wanted);
      else
        search_.look_for(chosen_ ? *chosen_ : *options_.id);  // some have it under another name
      search_.run(fetch_ ? fetch_->linked() : std::set<Address>(), former, [this](const Holder& holder) { on_holder(holder); }, [this] { on_looked(); });
    });
  }

  void choose(const Tally::Result& result) {
    chosen_ = result.id;
    chosen_at_ = now();
    if (options_.quorum) {
      quorum_ = std::to_string(result.holders) + "/" + std::to_string(*options_.quorum);
      say("quorum " + quorum_ + ": " + config::to_hex(result.id));
    }
    ask_for_manifest(tally_.by_content().at(result.id));
    // Others may have it, too; later more may come, and these may go.
    look_again(0ms);
  }

  std::string nobody_has_it() const {
    if (search_.answered() == 0) return nobody_answers(join_, search_.failures());
    std::string text = "nobody who can be found has " + config::in_quotes(options_.wanted) + "; asked through " + to_string(join_);
    for (const auto& [address, failure] : search_.failures()) text += "; " + failure.text;
    return text;
  }

  // --- when the name becomes another content -------------------------------------------------------------------------

  /// Nobody gives anything of what was chosen.
  bool is_unserved() const { return (fetch_ ? fetch_->alone_for(now()) : now() - chosen_at_) > kUnservedPatience; }

  /// By the word of somebody who had the content that was chosen, while nobody has it any more.
  bool is_another_content_now() const {
    const auto contents = called_now_.by_content();
    if (contents.contains(*chosen_) || !is_unserved()) return false;
    std::set<Address> now_other;
    for (const auto& [id, holders] : contents)
      for (const Holder& holder : holders) now_other.insert(holder.address);
    const auto before = tally_.by_content();
    const auto had_it = before.find(*chosen_);
    return had_it != before.end() && std::ranges::any_of(had_it->second, [&](const Holder& holder) { return now_other.contains(holder.address); });
  }

  void go_on_with_another_content() {
    const std::string text = config::in_quotes(options_.wanted) + " is another content now: what was being fetched is " + config::to_hex(*chosen_) +
                             ", what the name means now is\n" + called_now_.describe();
    if (!options_.update) return fail(ExitCode::content_mismatch, text + "get it again, or say --update to go on with what the name means by then");
    say(text + "going on with that");
    chosen_.reset();
    tally_ = {};
    began_ = now();
    progress_timer_.cancel();
    if (!fetch_) return look_again(0ms);
    ending_ = true;
    // Not now: this comes from inside of what is to end.
    fetch_->finish([this] { asio::post(io_, [this] { forget_fetch(); }); });
  }

  void forget_fetch() {
    given_up_ = content_of(root_, fetch_->known());
    fetch_.reset();
    ending_ = false;
    if (!leaving_) look_again(0ms);
  }

  // --- what it is --------------------------------------------------------------------------------------------------

  void ask_for_manifest(const std::vector<Holder>& holders) {
    std::vector<ManifestSource> sources;
    for (const Holder& holder : holders) sources.push_back({holder.peer, holder.address.host, holder.address.port});
    fetch_manifest(io_, self_, *chosen_, std::move(sources), [this](ManifestPtr known) {
      if (chosen_ == known->id && !fetch_ && !leaving_ && !is_complete_) guarded([&] { begin(std::move(known)); });
    });
  }

  void begin(ManifestPtr known) {
    const config::Manifest& manifest = known->manifest;
    if (manifest.folder) throw ExitError(ExitCode::content_mismatch, config::in_quotes(options_.wanted) + " is a folder's content, expected a file's");
    refuse_what_cannot_be(manifest);
    name_ = options_.id ? manifest.files.front().path : options_.wanted;
    size_ = manifest.total_size();
    root_ = options_.out / name_;
    // Looking has a progress of its own.
    std::optional<StartWatch> busy(std::in_place, StartWatch::Options{"looking at " + root_.string(), ProgressMode::none, deadline()});
    if (is_there(root_, known, options_.update, options_.net.progress)) {
      is_complete_ = true;
      say(printed_path() + " is there already");
      return leave(ExitCode::complete);
    }
    busy.reset();
    const std::string what = "preparing " + std::to_string(manifest.piece_count()) + " pieces of " + root_.string();
    busy.emplace(StartWatch::Options{what, options_.net.progress, deadline()});
    const Fetch::Options how{options_.net.progress, busy->noting(scan_progress(options_.net.progress)), options_.update};
    fetch_.emplace(io_, self_, std::move(known), root_, how, [this] { on_complete(); });
    busy.reset();
    // Only now: what both have was taken from there.
    if (given_up_) give_up_scratch(*std::exchange(given_up_, std::nullopt));
    for (const auto& [id, holders] : tally_.by_content())
      if (id == *chosen_)
        for (const Holder& holder : holders) fetch_->add_holder(holder);
    fetch_->start();
    show_progress();
  }

  /// Before room is made for it.
  void refuse_what_cannot_be(const config::Manifest& manifest) const {
    const std::string name = config::in_quotes(options_.wanted);
    if (manifest.piece_hash != config::PieceHash::sha256)
      throw ExitError(ExitCode::content_mismatch, "the manifest of " + name + " has " + std::string(config::name_of(manifest.piece_hash)) +
                                                      " hashes, for which a liar can make other bytes; expected sha256: ask its holders to share it with that");
    const auto contents = tally_.by_content();
    const auto holders = contents.find(*chosen_);
    const auto says_so = [&](const Holder& holder) { return holder.size == manifest.total_size(); };
    if (holders != contents.end() && std::ranges::none_of(holders->second, says_so))
      throw ExitError(ExitCode::content_mismatch, name + " has " + std::to_string(manifest.total_size()) +
                                                      " bytes by its manifest, and other sizes by those who say that they hold it:\n" + tally_.describe());
  }

  std::optional<Instant> deadline() const {
    return options_.timeout_s ? std::optional(began_ + std::chrono::seconds(*options_.timeout_s)) : std::nullopt;
  }

  void on_complete() {
    if (ending_) return;
    is_complete_ = true;
    leave(ExitCode::complete);
  }

  void show_progress() {
    fetch_->show_progress();
    if (fetch_->without_room_for(now()) > kRoomPatience)
      return fail(ExitCode::disk_full, "the disk has been full for a minute; what is there is kept, and the next get goes on from there");
    if (!options_.timeout_s && fetch_->alone_for(now()) > kAlonePatience)
      return fail(ExitCode::network, "no holder is left; what is there is kept, and the next get goes on from there");
    progress_timer_.expires_after(Progress::kInterval);
    progress_timer_.async_wait([this](const std::error_code& error) {
      if (!error && !leaving_ && fetch_ && !ending_) show_progress();
    });
  }

  // --- the end -----------------------------------------------------------------------------------------------------

  /// Errors that come out of it end connections as everything does.
  void run_to_the_end() {
    for (bool over = false; !over;) {
      try {
        io_.run();
        over = true;
      } catch (const config::ConfigError& error) {
        fail(ExitCode::content_mismatch, std::string("the content's manifest is none: ") + error.what());
      } catch (const std::system_error& error) {
        fail(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io, config::printable(error.what()));
      }
    }
  }

  /// Errors that are for the user end everything.
  template <class Act>
  void guarded(Act&& act) {
    try {
      act();
    } catch (const ExitError& error) {
      fail(error.code(), error.what());
    } catch (const StoreError& error) {
      fail(exit_code(error.fault()), error.what());
    }
  }

  void fail(ExitCode code, const std::string& message) {
    if (leaving_) return;
    failure_ = ExitError(code, message);
    leave(code);
  }

  void leave(ExitCode code) {
    if (std::exchange(leaving_, true)) return;
    code_ = code;
    timeout_.cancel();
    whom_timer_.cancel();
    pause_timer_.cancel();
    progress_timer_.cancel();
    if (fetch_ && !ending_)
      fetch_->finish([this] { io_.stop(); });
    else
      io_.stop();
  }

  void wait_for_signal() {
    signals_.async_wait([this](const std::error_code& error, int signal) {
      if (error) return;
      spdlog::info("signal {}: leaving", signal);
      leave(ExitCode::interrupted);
      signals_.async_wait([](const std::error_code& again, int) {
        if (!again) ::_exit(static_cast<int>(ExitCode::interrupted));
      });
    });
  }

  void wait_for_timeout() {
    if (!options_.timeout_s) return;
    timeout_.expires_after(std::chrono::seconds(*options_.timeout_s));
    timeout_.async_wait([this](const std::error_code& error) {
      if (error) return;
      const std::string name = config::in_quotes(options_.wanted);
      if (fetch_) return fail(ExitCode::timeout, "time-out: " + fetch_->explain());
      if (chosen_) return fail(ExitCode::timeout, "time-out: no holder has given the manifest of " + name);
      if (tally_.empty()) return fail(ExitCode::timeout, "time-out: " + nobody_has_it());
      const std::string state = options_.quorum ? "no content " + name + " has a quorum yet:\n" : "still looking for holders of " + name + ":\n";
      fail(ExitCode::timeout, "time-out: " + state + tally_.describe());
    });
  }

  std::string printed_path() const { return root_.lexically_normal().string(); }

  void print(std::ostream& out) const {
    const std::string id = config::to_hex(*chosen_);
    if (!options_.net.json) {
      out << id << "  " << config::printable(printed_path()) << '\n';
      return;
    }
    nlohmann::ordered_json holders = nlohmann::ordered_json::array();
    if (fetch_)
      for (const Fetch::Contribution& each : fetch_->contributions())
        holders.push_back({{"peer", each.peer.value}, {"address", to_string(each.address)}, {"pieces", each.pieces}});
    nlohmann::ordered_json result{{"name", name_}, {"content_id", id}, {"path", printed_path()}, {"size", size_}, {"holders", holders}};
    if (options_.quorum) result["quorum"] = quorum_;
    out << result.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  }

  const GetOptions& options_;
  asio::io_context io_{1};
  PeerId self_;
  std::vector<Address> join_;
  std::unique_ptr<Discovery> discovery_;
  HolderSearch search_;
  asio::signal_set signals_;
  asio::steady_timer timeout_;
  asio::steady_timer pause_timer_;
  asio::steady_timer progress_timer_;
  asio::steady_timer whom_timer_;
  Instant began_;
  std::chrono::milliseconds pause_ = kFirstPause;
  Tally tally_;
  bool asks_name_ = false;  ///< In this round; otherwise by content id.
  Tally called_now_;        ///< What this round says of the name, after one content was chosen.
  std::optional<ContentId> chosen_;
  Instant chosen_at_{};
  std::string quorum_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::filesystem::path root_;
  std::optional<Content> given_up_;  ///< What the name meant before, unfinished.
  std::optional<Fetch> fetch_;
  bool is_complete_ = false;
  bool leaving_ = false;
  bool ending_ = false;  ///< The fetch ends, for another one to begin.
  ExitCode code_ = ExitCode::unexpected;
  std::optional<ExitError> failure_;
};

}  // namespace

ExitCode get_shared(const GetOptions& options, std::ostream& out) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  start_diagnostics("get", options.net.log_level);
  spare_connections(0);
  Get running(options);
  return running.run(out);
}

}  // namespace p2p
