#include "peer/node/peer_list.hpp"

#include <algorithm>
#include <unordered_map>

#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " peer" : " peers"); }

}  // namespace

bool is_same_place(const config::PeerLine& one, const config::PeerLine& other) {
  return one.id == other.id && one.host == other.host && one.port == other.port && one.key == other.key;
}

PeerListChange compare_lists(const std::vector<config::PeerLine>& before, std::size_t self_index,
                             const std::vector<config::PeerLine>& after, const std::string& file) {
  const config::PeerLine& own = before[self_index];
  const auto own_now = std::ranges::find(after, own.id, &config::PeerLine::id);
  if (own_now == after.end())
    throw ExitError(ExitCode::bad_configuration,
                    file + ": our own line, of peer " + std::to_string(own.id) + ", is not there any more");
  if (!is_same_place(own, *own_now))
    throw ExitError(
        ExitCode::bad_configuration,
        file + ":" + std::to_string(own_now->line) + ": our own line, of peer " + std::to_string(own.id) +
            (own.key.has_value() != own_now->key.has_value() ? ", has a key where it had none, or none where it had one"
             : own.key != own_now->key                       ? ", has another key"
                                                             : ", has another host or port") +
            "; start the peer anew for that");
  PeerListChange change{.self_index = static_cast<std::size_t>(own_now - after.begin())};
  std::unordered_map<std::uint32_t, const config::PeerLine*> known;
  for (const config::PeerLine& line : before) known.emplace(line.id, &line);
  for (const config::PeerLine& line : after) {
    const auto old = known.extract(line.id);
    if (!old)
      change.added.push_back(PeerId{line.id});
    else if (!is_same_place(*old.mapped(), line))
      change.moved.push_back(PeerId{line.id});
  }
  for (const auto& [id, line] : known) change.removed.push_back(PeerId{id});
  std::ranges::sort(change.removed);
  return change;
}

std::string describe(const PeerListChange& change) {
  if (!change.any()) return "as before";
  std::string text;
  const auto add = [&text](std::size_t count, const char* what) {
    if (count > 0) text += (text.empty() ? counted(count) : ", " + std::to_string(count)) + what;
  };
  add(change.added.size(), " added");
  add(change.removed.size(), " removed");
  add(change.moved.size(), " changed");
  return text;
}

}  // namespace p2p
