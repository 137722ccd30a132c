#include "peer/node/status_service.hpp"

#include <unistd.h>

#include <utility>

#include "peer/keys/secret.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {

StatusService::StatusService(asio::io_context& io, const StatusOptions& options, StatusBoard::Who who) {
  if (!options.any()) return;
  who.version = PEER_VERSION;
  board_.emplace(
      std::move(who), [&io](std::function<void()> call) { asio::post(io, std::move(call)); }, options.json_events,
      options.json_progress ? std::optional(STDOUT_FILENO) : std::nullopt);
  if (!options.place) return;
  std::optional<SecretText> token;
  if (!options.token.empty()) {
    keep_memory_private();
    token.emplace(read_token(options.token));
  }
  server_.emplace(*board_, *options.place, std::move(token));
  say("status: " + server_->url());
}

void StatusService::leave(ExitCode code) {
  if (board_) board_->leave(static_cast<int>(code));
}

}  // namespace p2p
