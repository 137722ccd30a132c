#include "sim/members/members_network.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace p2p::sim {
namespace {

MemberAddress host(std::size_t number) {
  return MemberAddress::v4({std::byte{10}, std::byte(number >> 16), std::byte(number >> 8), std::byte(number)}, 5000);
}

std::size_t number_of(const MemberAddress& address) {
  return std::to_integer<std::size_t>(address.ip[13]) << 16 | std::to_integer<std::size_t>(address.ip[14]) << 8 |
         std::to_integer<std::size_t>(address.ip[15]);
}

PeerId id_of(std::size_t number) { return PeerId{static_cast<std::uint32_t>(number)}; }

}  // namespace

MembersNetwork::MembersNetwork(const MembersScenario& scenario)
    : scenario_(scenario), random_(scenario.seed), timers_(scenario.nodes), silent_(scenario.nodes) {
  for (std::size_t node = 0; node < scenario.nodes; ++node) {
    nodes_.emplace_back(id_of(node));
    at(now_ + from_seconds(random_.unit()), [this, node] {
      if (node > 0) nodes_[node].named(host(0), now_);
      go_on(node);
    });
  }
}

void MembersNetwork::run_for(Duration time) {
  const Instant until = now_ + time;
  while (!agenda_.empty() && agenda_.top().at <= until) {
    const Event next = agenda_.top();
    agenda_.pop();
    now_ = next.at;
    next.action();
  }
  now_ = until;
}

bool MembersNetwork::reaches(std::size_t a, std::size_t b) const { return cut_ == 0 || (a < cut_) == (b < cut_); }

Duration MembersNetwork::latency() {
  const double most = seconds(scenario_.most_latency - scenario_.least_latency);
  return scenario_.least_latency + from_seconds(random_.unit() * most);
}

void MembersNetwork::go_on(std::size_t node) {
  while (const auto address = nodes_[node].poll(now_)) ask(node, *address);
  const std::uint64_t timer = ++timers_[node];
  const Instant next = nodes_[node].next_deadline(now_);
  if (next == kNever) return;
  at(std::max(next, now_), [this, node, timer] {
    if (timers_[node] == timer) go_on(node);
  });
}

void MembersNetwork::ask(std::size_t node, const MemberAddress& address) {
  ++questions_;
  const std::size_t other = number_of(address);
  if (!reaches(node, other) || silent_[other]) {
    at(now_ + scenario_.patience, [this, node, address] {
      nodes_[node].failed(address, now_);
      go_on(node);
    });
    return;
  }
  const Duration took = exchange();
  at(now_ + 3 * took / 4, [this, node, other, address, took] {
    nodes_[other].introduced(host(node), now_);
    auto list = nodes_[other].list_for(false, now_);
    go_on(other);
    random_.shuffle(std::span(list));
    at(now_ + took / 4, [this, node, other, address, took, list = std::move(list)] {
      nodes_[node].answered(address, id_of(other), took, now_);
      for (const config::Member& member : list) nodes_[node].told(member.address, address, now_);
      go_on(node);
    });
  });
}

std::size_t MembersNetwork::fewest_known() const {
  std::size_t fewest = nodes_.size();
  for (const Members& node : nodes_) fewest = std::min(fewest, node.list_for(false, now_).size());
  return fewest;
}

bool MembersNetwork::each_knows_one_beyond(std::size_t first) const {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto list = nodes_[node].list_for(false, now_);
    if (std::ranges::none_of(
            list, [&](const config::Member& each) { return (number_of(each.address) < first) != (node < first); }))
      return false;
  }
  return true;
}

std::optional<Duration> MembersNetwork::visit(std::size_t way_in, std::size_t holder) {
  Members visitor(id_of(nodes_.size()));
  std::set<MemberAddress> seen;
  std::deque<MemberAddress> to_ask;
  std::deque<MemberAddress> lists;  // Of those that were seen, who may be asked for theirs.
  std::size_t fruitful = 0;
  const auto take = [&](std::size_t node, Instant when) {
    visitor.answered(host(node), id_of(node), exchange(), when);
    auto list = nodes_[node].list_for(false, now_);
    random_.shuffle(std::span(list));
    for (const config::Member& each : list) visitor.told(each.address, host(node), when);
    const std::size_t known = seen.size();
    for (const MemberAddress& each : visitor.candidates(when)) {
      if (!seen.insert(each).second) continue;
      to_ask.push_back(each);
      if (number_of(each) != way_in) lists.push_back(each);
    }
    if (seen.size() > known) ++fruitful;
  };
  Instant time = now_ + exchange();
  take(way_in, time);
  // The lists of others come while the first are asked for the name already.
  std::size_t asked_lists = 0;
  Instant lists_come = time + 4 * scenario_.most_latency;
  const auto more_lists = [&] {
    return !lists.empty() && asked_lists < std::min(scenario_.idle_lists + fruitful, scenario_.most_lists);
  };
  std::priority_queue<Instant, std::vector<Instant>, std::greater<>> busy;  // When a slot is free again.
  while (true) {
    if (more_lists() && (to_ask.empty() || time >= lists_come)) {
      time = std::max(time, lists_come);
      lists_come = time + 4 * scenario_.most_latency;
      for (std::size_t left = std::min(scenario_.idle_lists + fruitful, scenario_.most_lists) - asked_lists;
           left > 0 && !lists.empty(); --left) {
        const std::size_t node = number_of(lists.front());
        lists.pop_front();
        ++asked_lists;
        if (!silent_[node]) take(node, time);
      }
      continue;
    }
    if (to_ask.empty()) return std::nullopt;
    if (busy.size() >= scenario_.at_a_time) {
      time = std::max(time, busy.top());
      busy.pop();
    }
    const std::size_t asked = number_of(to_ask.front());
    to_ask.pop_front();
    time += scenario_.work;
    const Instant over = time + (silent_[asked] ? scenario_.slot_time : exchange());
    if (asked == holder && !silent_[asked]) return over - now_;
    busy.push(over);
  }
}

}  // namespace p2p::sim
