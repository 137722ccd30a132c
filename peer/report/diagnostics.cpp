#include "peer/report/diagnostics.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

#include "peer/clock.hpp"
#include "peer/report/terminal.hpp"
#include "peer/report/throttle.hpp"

namespace p2p {
namespace {

bool bar_stands = false;

/// stderr, minding the progress bar.
class StderrSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    clear_bar();
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }
};

Throttle remote_warnings;

/// A warning that a remote can cause as often as it likes: beyond a measure the rest is only counted.
template <class... Values>
void warn_of_remote(fmt::format_string<Values...> format, Values&&... values) {
  const auto left_out = remote_warnings.pass(now());
  if (!left_out) return;
  if (*left_out > 0) spdlog::warn("{} warnings about other peers left out", *left_out);
  spdlog::warn(format, std::forward<Values>(values)...);
}

struct Tell {
  void operator()(const LinkEstablished& e) const {
    spdlog::info("linked with {} ({})", e.peer.value, e.direction == Direction::dialed ? "dialed" : "accepted");
  }
  void operator()(const LinkClosed& e) const {
    if (e.kind == EndKind::violation || e.kind == EndKind::unresponsive || e.kind == EndKind::flood)
      warn_of_remote("link with {} ended: {}", e.peer.value, e.reason);
    else
      spdlog::info("link with {} ended: {}", e.peer.value, e.reason);
  }
  void operator()(const StrangerClosed& e) const { warn_of_remote("refused a connection: {}", e.reason); }
  void operator()(const UnknownMessageReceived& e) const { warn_of_remote("skipped a message of unknown type {} from {}", e.type, e.peer.value); }
  void operator()(const RequestsStalled& e) const {
    spdlog::info("{} left {} {} unanswered; asking again", e.peer.value, e.requests, e.requests == 1 ? "request" : "requests");
  }
  void operator()(const PieceRejected& e) const {
    spdlog::warn("piece {} from {} has a wrong hash; peer {} is cut off", e.piece.value, e.from.value, e.from.value);
  }
  void operator()(const PiecesLost& e) const {
    spdlog::error("{} {} no longer right on disk, and not offered any more; was the file changed while it is shared?", e.count,
                  e.count == 1 ? "piece is" : "pieces are");
  }
  void operator()(const FileCompleted&) const { spdlog::info("the file is complete"); }
  void operator()(const SwarmCompleted&) const { spdlog::info("every peer has the file"); }
  template <class Other>
  void operator()(const Other&) const {}  // told by the course's log
};

}  // namespace

void clear_bar() {
  if (!bar_stands) return;
  std::fputs("\r\x1b[K", stderr);
  bar_stands = false;
}

void bar_drawn() { bar_stands = true; }

void start_diagnostics(std::uint32_t peer_id, const std::string& level) { start_diagnostics("peer " + std::to_string(peer_id), level); }

void start_diagnostics(const std::string& name, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<StderrSink>());
  logger->set_pattern("%H:%M:%S.%e %n %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void log_diagnostic(const Event& event) { std::visit(Tell{}, event); }

}  // namespace p2p
