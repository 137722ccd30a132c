#include "peer/report/event_log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "peer/exit_code.hpp"

namespace p2p {
namespace {

std::string id(PeerId peer) { return std::to_string(peer.value); }

struct CourseLine {
  std::string self;  ///< "Peer 1001"

  using Line = std::optional<std::string>;

  Line operator()(const LinkEstablished& e) const {
    return self + (e.direction == Direction::dialed ? " makes a connection to Peer " : " is connected from Peer ") + id(e.peer) + ".";
  }
  Line operator()(const PreferredNeighborsChanged& e) const {
    std::string list;
    for (const PeerId neighbor : e.neighbors) {
      if (!list.empty()) list += ',';
      list += id(neighbor);
    }
    return self + " has the preferred neighbors " + list + ".";
  }
  Line operator()(const OptimisticNeighborChanged& e) const { return self + " has the optimistically unchoked neighbor " + id(e.neighbor) + "."; }
  Line operator()(const UnchokedBy& e) const { return self + " is unchoked by " + id(e.peer) + "."; }
  Line operator()(const ChokedBy& e) const { return self + " is choked by " + id(e.peer) + "."; }
  Line operator()(const HaveReceived& e) const {
    return self + " received the ‘have’ message from " + id(e.peer) + " for the piece " + std::to_string(e.piece.value) + ".";
  }
  Line operator()(const InterestedReceived& e) const { return self + " received the ‘interested’ message from " + id(e.peer) + "."; }
  Line operator()(const NotInterestedReceived& e) const { return self + " received the ‘not interested’ message from " + id(e.peer) + "."; }
  Line operator()(const PieceStored& e) const {
    return self + " has downloaded the piece " + std::to_string(e.piece.value) + " from " + id(e.from) + ". Now the number of pieces it has is " +
           std::to_string(e.count) + ".";
  }
  Line operator()(const FileCompleted&) const { return self + " has downloaded the complete file."; }
  template <class Other>
  Line operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<std::string> course_line(PeerId self, const Event& event) { return std::visit(CourseLine{"Peer " + id(self)}, event); }

EventLog::EventLog(const std::filesystem::path& path, PeerId self) : self_(self) {
  try {
    logger_ = std::make_unique<spdlog::logger>("course", std::make_shared<spdlog::sinks::basic_file_sink_st>(path.string(), false));
  } catch (const spdlog::spdlog_ex& error) {
    throw ExitError(ExitCode::io, std::string("cannot write the log: ") + error.what());
  }
  logger_->set_pattern("%Y-%m-%d %H:%M:%S.%e: %v");
}

EventLog::~EventLog() = default;

void EventLog::write(const Event& event) {
  const auto line = course_line(self_, event);
  if (!line) return;
  logger_->info(*line);
  dirty_ = true;
}

void EventLog::flush() {
  if (!dirty_) return;
  logger_->flush();
  dirty_ = false;
}

}  // namespace p2p
