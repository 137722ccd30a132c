#include "peer/node/get_host.hpp"

#include <string_view>

#include "config/hex.hpp"
#include "config/text.hpp"

namespace p2p {

void GetHost::find(const AskedPath& asked, std::function<void(FoundPath)> on_found) {
  asio::post(io_, [this, asked, on_found = std::move(on_found), alive = std::weak_ptr(alive_)]() mutable {
    if (!alive.expired()) take(std::move(asked), std::move(on_found));
  });
}

void GetHost::take(AskedPath asked, std::function<void(FoundPath)> on_found) {
  if (known_) return on_found(answer(asked));
  if (!may_come(asked)) return on_found(nothing(asked));
  waiting_.push_back({std::move(asked), std::move(on_found)});
  if (waiting_.size() <= kMostWaiting) return;
  waiting_.front().on_found(FoundUnreachable{"too many wait for what this node looks for"});
  waiting_.pop_front();
}

/// Whether it can be what is looked for, which nobody knows more of yet.
bool GetHost::may_come(const AskedPath& asked) const {
  if (asked.id) return !wanted_.id || asked.id == wanted_.id;
  if (!wanted_.name) return true;
  const Named named = look_among({{*wanted_.name, Holding{*wanted_.name}}}, asked.path);
  return named.content || named.folder;
}

void GetHost::have(ManifestPtr known, const std::string& name, const FetchReaders* readers) {
  known_ = std::move(known);
  names_ = {{name, Holding{name, known_->id, known_->manifest.total_size()}}};
  readers_ = readers;
  for (const Waiting& each : std::exchange(waiting_, {})) each.on_found(answer(each.asked));
}

FoundPath GetHost::answer(const AskedPath& asked) const {
  if (asked.id) return asked.id == known_->id ? in_content(asked.path, asked) : nothing(asked);
  Named named = look_among(names_, asked.path);
  if (named.folder) return named.folder;
  return named.content ? in_content(named.below, asked) : nothing(asked);
}

FoundPath GetHost::in_content(std::string_view below, const AskedPath& asked) const {
  Inside inside = look_inside(*known_, below);
  if (inside.folder) return inside.folder;
  if (!inside.file) return nothing(asked);
  const config::ManifestFile& file = known_->manifest.files[*inside.file];
  const std::string name = known_->manifest.folder ? file.path : names_.begin()->first;
  return FoundFile{.id = known_->id,
                   .name = last_part(name),
                   .size = file.size,
                   .bytes = readers_ ? readers_->source(*inside.file) : no_bytes()};
}

FoundNothing GetHost::nothing(const AskedPath& asked) const {
  const std::string what = asked.id ? "content " + config::to_hex(*asked.id) + (asked.path.empty() ? "" : "/") : "";
  return {"this node fetches one content, which is not " +
          (asked.id ? what + asked.path : config::in_quotes(asked.path)) +
          "; peerProcess gateway fetches whatever others offer"};
}

}  // namespace p2p
