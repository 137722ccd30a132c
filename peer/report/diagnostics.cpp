#include "peer/report/diagnostics.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/report/line_budget.hpp"
#include "peer/report/terminal.hpp"
#include "peer/report/trust_text.hpp"
#include "protocol/wire/decoder.hpp"

namespace p2p {
namespace {

std::size_t lines_of_bar = 0;

/// stderr, minding the progress bar.
class StderrSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    clear_bar();
    // Whatever a message says, and from whom it has that: nothing of it steers the terminal.
    const std::string text = config::printable_lines({line.data(), line.size()});
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }
};

LineBudget remote_warnings;

/// A warning that a remote can cause as often as it likes: beyond a measure the rest is only counted.
template <class... Values>
void warn_of_remote(fmt::format_string<Values...> format, Values&&... values) {
  const auto left_out = remote_warnings.pass(now());
  if (!left_out) return;
  if (*left_out > 0) spdlog::warn("{} warnings about other peers left out", *left_out);
  spdlog::warn(format, std::forward<Values>(values)...);
}

struct Tell {
  const PieceWords& words;

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
  void operator()(const UnknownMessageReceived& e) const {
    warn_of_remote("skipped a message of unknown type {} from {}{}", e.type, e.peer.value,
                   e.resembles ? "; " + explain_numbering(*e.resembles) : "");
  }
  void operator()(const RequestsStalled& e) const {
    spdlog::info("{} left {} {} unanswered; asking again", e.peer.value, e.requests,
                 e.requests == 1 ? "request" : "requests");
  }
  void operator()(const PieceRejected& e) const {
    spdlog::warn("{} {} from {} has a wrong hash; peer {} is cut off", words.one, words.number(e.piece), e.from.value,
                 e.from.value);
  }
  void operator()(const LowBitFirstProven& e) const {
    spdlog::warn(
        "{} numbers the bits of its bitfield from the low end, where the high bit is piece 0; it is read that way from "
        "now on, and {} {} that it "
        "gave {} fetched again",
        e.peer.value, e.given_up, e.given_up == 1 ? words.one : words.several, e.given_up == 1 ? "is" : "are");
  }
  void operator()(const DoubtfulPiecesTaken& e) const {
    spdlog::warn(
        "{} {} came from peers that may number the bits of their bitfields from the wrong end; nobody else has them, "
        "so they are taken for right",
        e.count, e.count == 1 ? words.one : words.several);
  }
  void operator()(const TrustWithdrawn& e) const {
    spdlog::error(
        "{} {} that had been taken for right because nobody else had them cannot be right: they are given up and "
        "fetched again{}",
        e.count, e.count == 1 ? words.one : words.several,
        e.was_complete ? ", and the file is not complete any more" : "");
  }
  void operator()(const PiecesLost& e) const {
    spdlog::error("{} {} no longer right on disk, and not offered any more; was the file changed while it is shared?",
                  e.count, e.count == 1 ? std::string(words.one) + " is" : std::string(words.several) + " are");
  }
  void operator()(const ChunkSettled& e) const {
    spdlog::info("chunk {} is settled, {} {}: {}", words.number(e.piece), e.holders,
                 e.holders == 1 ? "holder says" : "holders agree", describe(*e.claim));
  }
  void operator()(const ChunkDisputed& e) const {
    warn_of_remote("{} chunk {}: {}", dispute(e.outcome), words.number(e.piece), describe(e.candidates));
  }
  void operator()(const ChunkContradicted& e) const {
    spdlog::error(
        "chunk {} as we hold it is not what its holders agree on: ours is {}, theirs {}; ours is kept, and nobody who "
        "believes them will ask for it",
        words.number(e.piece), describe(*e.ours), describe(*e.settled));
  }
  void operator()(const DigestDisputed& e) const {
    warn_of_remote(
        "peer {} has another digest for {} {} than the one that came first, or from the origin: it is not asked "
        "for it",
        e.peer.value, words.one, words.number(e.piece));
  }
  void operator()(const FileCompleted&) const { spdlog::info("the file is complete"); }
  void operator()(const SwarmCompleted&) const { spdlog::info("every peer has the file"); }
  template <class Other>
  void operator()(const Other&) const {}  // told by the course's log
};

}  // namespace

void say(const std::string& text) {
  clear_bar();
  std::fprintf(stderr, "%s\n", config::printable_lines(text).c_str());
}

void clear_bar() {
  for (; lines_of_bar > 1; --lines_of_bar) std::fputs("\r\x1b[K\x1b[1A", stderr);
  if (std::exchange(lines_of_bar, 0) == 1) std::fputs("\r\x1b[K", stderr);
}

void bar_drawn(std::size_t lines) { lines_of_bar = lines; }

void start_diagnostics(const std::string& name, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<StderrSink>());
  logger->set_pattern("%H:%M:%S.%e %n %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void log_diagnostic(const Event& event, const PieceWords& words) { std::visit(Tell{words}, event); }

}  // namespace p2p
