#include "peer/node/get_steps.hpp"

#include <algorithm>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/discovery/join.hpp"

namespace p2p {

GetSteps::GetSteps(Options options, Instant now)
    : options_(std::move(options)),
      began_(now),
      say_whom_at_(options_.says_whom ? now + kSayWhomAfter : kNever),
      look_at_(now) {}

std::optional<GetSteps::Effect> GetSteps::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  Effect effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

std::string GetSteps::name() const { return config::in_quotes(options_.wanted); }

void GetSteps::fail(ExitCode code, const std::string& error) {
  step_ = Step::ended;
  effects_.push_back(End{code, error});
}

// --- searching -------------------------------------------------------------------------------------------------------

void GetSteps::look(Instant now) {
  look_at_ = kNever;
  std::set<Address> former;
  for (const auto& [id, holders] : tally_.by_content())
    for (const Holder& holder : holders) former.insert(holder.address);
  // A word that was given before anybody was believed may no longer be true.
  if (!chosen_) tally_ = {};
  called_now_ = {};
  asks_name_ = !options_.id && (!chosen_ || is_unserved(now));
  // By content id: some have it under another name.
  const std::optional<ContentId> by_id = chosen_ ? chosen_ : options_.id;
  effects_.push_back(Look{asks_name_ ? std::nullopt : by_id, std::move(former)});
}

void GetSteps::on_holder(const Holder& holder) {
  if (!is_working()) return;
  if (chosen_ && asks_name_) called_now_.add(holder);
  if (chosen_ && holder.id != *chosen_) return;
  tally_.add(holder);
  if (step_ == Step::fetching)
    effects_.push_back(AddHolder{holder});
  else if (step_ == Step::chosen)
    ask_for_manifest({holder});
}

void GetSteps::on_looked(const Asked& asked, Instant now) {
  if (!is_working()) return;
  if (!chosen_) return judge(asked, now);
  if (is_another_content_now(now)) return go_on_with_another_content(now);
  look_at_ = now + (is_unserved(now) ? kNameInterval : kRefreshInterval);
}

void GetSteps::judge(const Asked& asked, Instant now) {
  const bool nobody_at_all = asked.answered == 0 && is_final(options_.join, asked.failures);
  const bool patient = options_.has_timeout || now - began_ < (nobody_at_all ? kPatienceWithNobody : kSearchPatience);
  const Tally::Result result = tally_.judge(options_.quorum);
  switch (result.verdict) {
    case Tally::Verdict::accepted: return choose(result, now);
    case Tally::Verdict::conflict:
      return fail(ExitCode::content_mismatch,
                  name() + " is the name of " +
                      (options_.quorum ? "several contents that have a quorum" : "different contents") +
                      "; ask by content id, or with a --quorum that only one has:\n" + tally_.describe());
    case Tally::Verdict::nobody:
      if (!patient) return fail(ExitCode::network, nobody_has_it(asked));
      break;
    case Tally::Verdict::too_few:
      if (!patient)
        return fail(ExitCode::content_mismatch,
                    "no content " + name() + " has a quorum: " + std::to_string(result.holders) + "/" +
                        std::to_string(*options_.quorum) + " holders agree\n" + tally_.describe());
      break;
  }
  look_at_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
}

void GetSteps::choose(const Tally::Result& result, Instant now) {
  step_ = Step::chosen;
  chosen_ = result.id;
  unserved_since_ = now;
  if (options_.quorum) {
    quorum_ = std::to_string(result.holders) + "/" + std::to_string(*options_.quorum);
    effects_.push_back(Say{"quorum " + quorum_ + ": " + config::to_hex(result.id)});
  }
  asked_.clear();
  ask_for_manifest(tally_.by_content().at(result.id));
  // Others may have it, too; later more may come, and these may go.
  look_at_ = now;
}

void GetSteps::ask_for_manifest(const std::vector<Holder>& holders) {
  std::vector<Holder> more;
  for (const Holder& holder : holders)
    if (asked_.insert(holder.address).second) more.push_back(holder);
  if (!more.empty()) effects_.push_back(AskForManifest{*chosen_, std::move(more)});
}

std::string GetSteps::nobody_has_it(const Asked& asked) const {
  if (asked.answered == 0) return nobody_answers(options_.join, asked.failures);
  std::string text = "nobody who can be found has " + name() + "; asked through " + to_string(options_.join);
  for (const auto& [address, failure] : asked.failures) text += "; " + failure.text;
  return text;
}

std::string GetSteps::no_manifest() const { return "no holder has given the manifest of " + name(); }

std::string GetSteps::missing(const Asked& asked) const {
  if (chosen_) return no_manifest();
  if (tally_.empty()) return nobody_has_it(asked);
  return (options_.quorum ? "no content " + name() + " has a quorum yet:\n"
                          : "still looking for holders of " + name() + ":\n") +
         tally_.describe();
}

// --- fetching --------------------------------------------------------------------------------------------------------

void GetSteps::on_manifest(const ContentId& id) {
  if (step_ == Step::chosen && id == *chosen_) effects_.push_back(Begin{});
}

void GetSteps::on_begun(Instant now) {
  step_ = Step::fetching;
  unserved_since_ = now;
  if (options_.serves && !settled_) settle_at_ = std::min(settle_at_, now + kSettledAfter);
  const std::vector<Holder> holders = tally_.by_content().at(*chosen_);
  for (const Holder& holder : holders) effects_.push_back(AddHolder{holder});
}

void GetSteps::on_offering(std::uint32_t count, Instant now) {
  if (step_ != Step::fetching) return;
  if (count > 0)
    unserved_since_.reset();
  else if (!unserved_since_)
    unserved_since_ = now;
}

void GetSteps::on_disk_full(Instant since) {
  if (step_ == Step::fetching) no_room_since_ = since;
}

void GetSteps::on_room() { no_room_since_.reset(); }

// --- all is there ----------------------------------------------------------------------------------------------------

void GetSteps::on_complete(bool is_offered, Instant now) {
  if (step_ != Step::chosen && step_ != Step::fetching) return;
  complete_ = true;
  if (!options_.serves || !is_offered) return end();
  if (options_.linger == Duration::zero()) return retire(now);
  step_ = Step::serving;
  settle();
  if (options_.linger != kKeep) serve_until_ = now + options_.linger;
  effects_.push_back(
      Say{name() + " is complete; serving it " +
          (options_.linger == kKeep ? "until a signal"
                                    : "for " + std::to_string(options_.linger / std::chrono::seconds(1)) + " s")});
}

void GetSteps::settle() {
  settle_at_ = kNever;
  if (!std::exchange(settled_, true)) effects_.push_back(Settle{});
}

void GetSteps::retire(Instant now) {
  step_ = Step::retiring;
  serve_until_ = now + kFlushPatience;
  effects_.push_back(Retire{});
}

void GetSteps::on_flushed() {
  if (step_ == Step::retiring) end();
}

void GetSteps::end() {
  step_ = Step::ended;
  effects_.push_back(End{ExitCode::complete, {}});
}

// --- when the name becomes another content ---------------------------------------------------------------------------

/// Nobody gives anything of what was chosen.
bool GetSteps::is_unserved(Instant now) const { return unserved_since_ && now - *unserved_since_ > kUnservedPatience; }

/// By the word of a node that had the content that was chosen, while nobody has it any more.
bool GetSteps::is_another_content_now(Instant now) const {
  const auto contents = called_now_.by_content();
  if (contents.contains(*chosen_) || !is_unserved(now)) return false;
  std::set<Address> now_other;
  for (const auto& [id, holders] : contents)
    for (const Holder& holder : holders) now_other.insert(holder.address);
  const auto before = tally_.by_content();
  const auto had_it = before.find(*chosen_);
  return had_it != before.end() &&
         std::ranges::any_of(had_it->second, [&](const Holder& holder) { return now_other.contains(holder.address); });
}

void GetSteps::go_on_with_another_content(Instant now) {
  const std::string text = name() + " is another content now: what was being fetched is " + config::to_hex(*chosen_) +
                           ", what the name means now is\n" + called_now_.describe();
  if (!options_.update)
    return fail(ExitCode::content_mismatch,
                text + "get it again, or say --update to go on with what the name means by then");
  effects_.push_back(Say{text + "going on with that"});
  chosen_.reset();
  tally_ = {};
  unserved_since_.reset();
  no_room_since_.reset();
  if (step_ == Step::fetching) {
    step_ = Step::changing;
    effects_.push_back(EndFetch{});
  } else {
    step_ = Step::searching;
    look_at_ = now;
  }
  began_ = now;
}

void GetSteps::on_fetch_ended(Instant now) {
  if (step_ != Step::changing) return;
  step_ = Step::searching;
  look_at_ = now;
}

// --- time ------------------------------------------------------------------------------------------------------------

Instant GetSteps::patience_ends() const {
  return unserved_since_ && !options_.has_timeout ? *unserved_since_ + kAlonePatience : kNever;
}

Instant GetSteps::room_patience_ends() const { return no_room_since_ ? *no_room_since_ + kRoomPatience : kNever; }

Instant GetSteps::next_deadline() const {
  if (step_ == Step::serving || step_ == Step::retiring) return serve_until_;
  if (!is_working()) return kNever;
  return std::min({look_at_, say_whom_at_, settle_at_, patience_ends(), room_patience_ends()});
}

void GetSteps::on_timer(Instant now) {
  if (step_ == Step::serving && now >= serve_until_) return retire(now);
  if (step_ == Step::retiring && now >= serve_until_) return end();
  if (!is_working()) return;
  if (now >= say_whom_at_) {
    say_whom_at_ = kNever;
    if (step_ == Step::searching) effects_.push_back(Say{"asking " + to_string(options_.join) + " ..."});
  }
  if (now >= settle_at_) settle();
  const std::string rest = "; what is there is kept, and the next get goes on from there";
  if (now >= room_patience_ends()) return fail(ExitCode::disk_full, "the disk has been full for a minute" + rest);
  if (now >= patience_ends())
    return fail(ExitCode::network,
                step_ == Step::fetching ? "no holder is left that has what is missing" + rest : no_manifest());
  if (now >= look_at_) look(now);
}

std::string GetSteps::fault_of(std::uint64_t size, bool is_sha256) const {
  if (!is_sha256)
    return "the manifest of " + name() +
           " has xxh3 hashes, for which a liar can make other bytes; expected sha256: ask its holders to share it with "
           "that";
  const auto contents = tally_.by_content();
  const auto holders = contents.find(*chosen_);
  const auto says_so = [&](const Holder& holder) { return holder.size == size; };
  if (holders != contents.end() && std::ranges::none_of(holders->second, says_so))
    return name() + " has " + std::to_string(size) +
           " bytes by its manifest, and other sizes by those who say that they hold it:\n" + tally_.describe();
  return {};
}

}  // namespace p2p
