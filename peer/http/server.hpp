// The HTTP server: libmicrohttpd in a thread of its own, and a site that answers.
//
// It can only be read. One thread, a bounded number of connections and of bytes a request; a request that waits for
// something is suspended and holds nothing but its place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/ground/http_place.hpp"
#include "peer/http/certificate.hpp"
#include "peer/http/site.hpp"
#include "protocol/clock.hpp"

namespace p2p {

struct HttpServing {
  HttpPlace place;
  std::string what;                  ///< Is served, for messages: "the status".
  std::vector<std::string> names{};  ///< By which we may be called, beside those of the place and of the loopback.
  std::optional<HttpCertificate> certificate{};  ///< None: no TLS.
  unsigned connections;
  Duration idle;              ///< Within this time a request is whole, however slowly it trickles in.
  unsigned silence_s;         ///< A connection on which nothing moves is closed; requests that wait are not meant.
  std::size_t request_bytes;  ///< A request's line and headers have no more.
  std::size_t block_bytes;    ///< A body that is made while it is sent comes in such blocks.
};

class HttpServer {
 public:
  /// Binds the place; serves from start() on. `site` outlives this. Throws ExitError: what ServerSocket throws.
  HttpServer(HttpSite& site, HttpServing serving);
  /// Lets what waits come to its end, for a moment, and ends.
  ~HttpServer();

  /// Throws ExitError (network).
  void start();
  /// "http://127.0.0.1:8080/", "https://..." or "unix:/run/p1".
  const std::string& url() const;
  /// Nobody but this machine reaches it.
  bool is_local() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace p2p
