// Serves contents of the network by HTTP (docs/HTTP.md).
#pragma once

#include <memory>
#include <string>

#include "peer/http/content_host.hpp"
#include "peer/http/http_options.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class ContentServer {
 public:
  /// A request is whole within this time from the beginning of its connection, or from the last reply's end.
  static constexpr Duration kIdle = std::chrono::seconds(10);
  /// A client that takes nothing for so long is gone.
  static constexpr unsigned kSilence_s = 60;
  static constexpr std::size_t kMostRequestBytes = std::size_t{16} << 10;
  static constexpr std::size_t kBlockBytes = std::size_t{128} << 10;

  /// Serves from now on, at `options.place`, which is set. `host` outlives this; `is_private`: its network is.
  /// Throws ExitError: what ServerSocket, read_token() and read_secret_file() throw; usage where others could read what
  /// is not meant for them: in a private network without a token, and beyond this machine without a token or a
  /// certificate; and for a certificate that is none, or that has another key.
  ContentServer(ContentHost& host, const HttpOptions& options, bool is_private);
  ~ContentServer();

  /// "http://127.0.0.1:8080/", "https://..." or "unix:/run/p1".
  const std::string& url() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace p2p
