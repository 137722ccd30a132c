// What a get shows to whoever watches it.
#include <algorithm>

#include "config/hex.hpp"
#include "peer/ground/clock.hpp"
#include "peer/node/get.hpp"
#include "peer/node/get_many.hpp"

namespace p2p {

void Get::tick_board() {
  StatusBoard* const board = status_.board();
  if (!board) return;
  const Phase phase = life_.leaving()        ? Phase::leaving
                      : steps_.is_complete() ? Phase::serving
                      : fetch_               ? Phase::fetching
                                             : Phase::searching;
  if (fetch_) fetch_->sample_rates(now());
  board->tick(phase, fetch_ ? fetch_->traffic() : Traffic(), [this] {
    const auto nobody = steps_.is_complete() ? std::nullopt : std::optional(Wait::nobody_holds);
    return fetch_ ? fetch_->wait() : nobody;
  });
}

void Get::tell_progress() {
  tick_board();
  if (StatusBoard* const board = status_.board()) board->tell_progress();
}

void Get::describe_to(Status& status) const {
  if (door_) status.peer.address = to_string(Address{door_->host(), door_->port()});
  if (deadline_ && !steps_.is_complete()) status.state.leaves_at = unix_time(*deadline_);
  if (!known_) {
    status.content.name = options_.wanted;
    return;
  }
  Status::Subject& content = status.content;
  content.kind = known_->manifest.folder ? "folder" : "file";
  content.name = name_here();
  content.id = config::to_hex(known_->id);
  content.size = known_->manifest.total_size();
  if (fetch_) fetch_->describe_to(status, content.name, true);
  status.state.complete = status.state.ready = steps_.is_complete();
  if (!steps_.is_complete()) return;
  content.stored_bytes = content.size;
  content.files_done = content.files;
}

void GetMany::tick_board() {
  StatusBoard* const board = status_.board();
  if (!board) return;
  Traffic traffic{received_, sent_};
  for (const auto& [name, entry] : entries_) {
    entry->sample_rates(now());
    traffic += entry->traffic();
  }
  const Phase phase = life_.leaving() ? Phase::leaving : plan_.count() > 0 ? Phase::fetching : Phase::searching;
  board->tick(phase, traffic, [this]() -> std::optional<Wait> {
    for (const auto& [name, entry] : entries_)
      if (const auto wait = entry->wait_reason()) return wait;
    return Wait::nobody_holds;
  });
}

void GetMany::describe_to(Status& status) const {
  if (door_) status.peer.address = to_string(Address{door_->host(), door_->port()});
  Status::Subject& content = status.content;
  content.name = options_.selection.size() == 1 ? options_.selection.front().text : "";
  content.size = plan_.bytes();
  content.files = plan_.count();
  for (const auto& [name, outcome] : plan_.outcomes()) {
    if (outcome.state == GetPlan::Outcome::State::failed) continue;
    ++content.files_done;
    content.stored_bytes += outcome.size;
  }
  for (const auto& [name, entry] : entries_) {
    content.stored_bytes += entry->stored_bytes();
    entry->describe_to(status);
  }
  content.stored_bytes = std::min(content.stored_bytes, content.size);
  status.state.complete = status.state.ready = content.files > 0 && content.files_done == content.files;
  status.swarm.complete += status.state.complete;
}

}  // namespace p2p
