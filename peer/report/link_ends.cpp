#include "peer/report/link_ends.hpp"

namespace p2p {
namespace {

/// In the order of EndKind: one, several.
constexpr const char* kNames[kEndKinds][2] = {{"by the other side", "by the other side"},
                                              {"violation", "violations"},
                                              {"refused handshake", "refused handshakes"},
                                              {"handshake time-out", "handshake time-outs"},
                                              {"crowded out", "crowded out"},
                                              {"duplicate", "duplicates"},
                                              {"unresponsive", "unresponsive"},
                                              {"made anew", "made anew"},
                                              {"flood", "floods"},
                                              {"both complete", "both complete"},
                                              {"unlisted", "unlisted"}};

}  // namespace

void LinkEnds::count(const Event& event) {
  if (const auto* link = std::get_if<LinkClosed>(&event)) ++counts_[static_cast<std::size_t>(link->kind)];
  if (const auto* stranger = std::get_if<StrangerClosed>(&event)) ++counts_[static_cast<std::size_t>(stranger->kind)];
}

std::string LinkEnds::describe() const {
  std::string list;
  for (std::size_t kind = 0; kind < kEndKinds; ++kind)
    if (counts_[kind] > 0)
      list += (list.empty() ? "" : ", ") + std::to_string(counts_[kind]) + " " + kNames[kind][counts_[kind] > 1];
  return "links ended: " + (list.empty() ? "none" : list);
}

}  // namespace p2p
