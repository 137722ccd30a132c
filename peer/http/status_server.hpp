// Serves what a board has (docs/STATUS.md has the paths).
//
// Requests that wait for a status or for events are suspended. The network thread is asked for a status and is never
// waited for longer than kPatience.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "peer/ground/http_place.hpp"
#include "peer/http/token.hpp"
#include "peer/status/board.hpp"

namespace p2p {

class StatusServer {
 public:
  static constexpr unsigned kMostConnections = 64;
  static constexpr unsigned kMostStreams = 32;
  /// A connection on which nothing moves is closed; event streams that have nothing to say are not meant.
  static constexpr unsigned kSilence_s = 10;
  /// A request is whole within this time, however slowly it trickles in.
  static constexpr Duration kIdle = std::chrono::seconds(10);
  static constexpr std::size_t kMostRequestBytes = std::size_t{16} << 10;
  /// A status that is not older than this is new enough,
  static constexpr Duration kFresh = std::chrono::milliseconds(100);
  /// and if the network thread does not make one within this time, the last one has to do.
  static constexpr Duration kPatience = std::chrono::milliseconds(500);
  /// The process is not well when its network thread has not answered for so long.
  static constexpr Duration kUnwell = std::chrono::seconds(5);

  /// Serves from now on. `board` outlives this. Throws ExitError: what ServerSocket throws; usage when others than this
  /// machine reach the place and there is no token.
  StatusServer(StatusBoard& board, const HttpPlace& place, std::optional<SecretText> token);
  /// Sends streams what there is yet, for a moment, and ends.
  ~StatusServer();

  /// "http://127.0.0.1:8080/" or "unix:/run/p1".
  const std::string& url() const;

 private:
  class Site;
  class Report;
  class Stream;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace p2p
