// What makes a process that can be watched, when its user wants it: the board, and the server that shows it.
#pragma once

#include <memory>
#include <optional>

#include "peer/ground/exit_code.hpp"
#include "peer/http/status_server.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/status/board.hpp"
#include "peer/status/status_place.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {

class StatusService {
 public:
  /// Says on stderr where the status is served. `io` outlives this. Throws ExitError as StatusServer and EventWriter.
  StatusService(asio::io_context& io, const StatusOptions& options, StatusBoard::Who who);

  /// Null where nobody watches; then nothing costs anything.
  StatusBoard* board() { return board_ ? &*board_ : nullptr; }

  /// Runs something that ends the process, and tells the exit code.
  template <class Run>
  ExitCode watch(Run&& run) {
    try {
      const ExitCode code = run();
      leave(code);
      return code;
    } catch (const ExitError& error) {
      leave(error.code());
      throw;
    } catch (const StoreError& error) {
      leave(exit_code(error.fault()));
      throw;
    } catch (...) {
      leave(ExitCode::unexpected);
      throw;
    }
  }

 private:
  void leave(ExitCode code);

  std::optional<StatusBoard> board_;
  std::optional<StatusServer> server_;
};

}  // namespace p2p
