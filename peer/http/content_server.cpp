#include "peer/http/content_server.hpp"

#include <optional>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/http/content_site.hpp"
#include "peer/http/server.hpp"
#include "peer/http/token.hpp"

namespace p2p {
namespace {

std::optional<SecretText> token_of(const HttpOptions& options, bool is_private) {
  if (!options.token.empty()) return read_token(options.token, "--http-token");
  if (is_private)
    throw ExitError(ExitCode::usage,
                    "--http in a private network wants --http-token FILE, a file of mode 600 with a token of 16 to 256 "
                    "characters: whoever reads by HTTP is no member that has proven so");
  return std::nullopt;
}

}  // namespace

struct ContentServer::Parts {
  Parts(ContentHost& host, const HttpOptions& options, std::optional<SecretText> token)
      : site(host, std::move(token)),
        server(site, {.place = *options.place,
                      .what = "contents",
                      .names = options.names,
                      .certificate = options.certificate.empty()
                                         ? std::nullopt
                                         : std::optional(read_certificate(options.certificate, options.key)),
                      .connections = options.most_connections,
                      .idle = kIdle,
                      .silence_s = kSilence_s,
                      .request_bytes = kMostRequestBytes,
                      .block_bytes = kBlockBytes}) {}

  ContentSite site;
  HttpServer server;
};

ContentServer::ContentServer(ContentHost& host, const HttpOptions& options, bool is_private) {
  parts_ = std::make_unique<Parts>(host, options, token_of(options, is_private));
  if (!parts_->server.is_local() && options.token.empty() && options.certificate.empty())
    throw ExitError(ExitCode::usage,
                    "--http " + config::printable(url()) +
                        " can be reached from other machines, and then it wants --http-token FILE, a file of mode 600 "
                        "with a token of 16 to 256 characters, or --http-cert FILE with --http-key FILE; or serve at "
                        "the loopback: --http PORT");
  parts_->server.start();
}

ContentServer::~ContentServer() = default;

const std::string& ContentServer::url() const { return parts_->server.url(); }

}  // namespace p2p
