// Asks an origin: which version of a file it has, and for ranges of it, piece by piece. By libcurl, on a thread of its
// own.
//
// Everything is called, and calls back, on the network thread. Bytes are hashed on the client's thread as they come.
// What has come and was not taken yet is at most two pieces for each request: then the origin is held by TCP.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/origin/origin_answer.hpp"
#include "peer/origin/origin_url.hpp"
#include "peer/storage/digest.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

class OriginClient {
 public:
  struct Options {
    std::optional<std::uint64_t> rate = {};  ///< Bytes a second that one request takes at most.
    /// Without an answer, or a byte, for so long a request has failed.
    std::chrono::seconds connecting = std::chrono::seconds(10);
    std::chrono::seconds silence = std::chrono::seconds(15);
  };
  /// Names a request of ranges. No two have the same one.
  using Id = std::uint64_t;
  using OnVersion = std::function<void(const std::variant<OriginVersion, OriginFault>&)>;
  struct Range {
    std::string path;
    OriginVersion version;
    Geometry geometry;  ///< Of the file.
    PieceRun run;       ///< Where the version has no ranges, all before it is fetched, too, and forgotten.
  };
  struct Hooks {
    /// Each piece of the run, in order.
    std::function<void(PieceIndex, const Sha256Digest&, const std::vector<std::byte>&)> on_piece;
    /// Once, after the last piece, or when there will be no more.
    std::function<void(const std::optional<OriginFault>&)> on_end;
    /// Counts the bytes that come, on another thread. May be null.
    std::shared_ptr<std::atomic<std::uint64_t>> received = {};
  };

  /// Throws std::runtime_error when there is no libcurl.
  OriginClient(asio::io_context& io, OriginUrl url, Options options);
  /// Ends all that is under way, and waits for the thread. No hook is called any more.
  ~OriginClient();
  OriginClient(const OriginClient&) = delete;
  OriginClient& operator=(const OriginClient&) = delete;

  const OriginUrl& url() const { return url_; }

  /// `path`: without fault by config::path_fault().
  void ask(const std::string& path, OnVersion on_version);
  Id fetch(Range range, Hooks hooks);
  /// No hook of it is called any more. No effect when it has ended.
  void stop(Id id);

 private:
  class Worker;

  OriginUrl url_;
  Id last_ = 0;
  std::shared_ptr<Worker> worker_;
};

}  // namespace p2p
