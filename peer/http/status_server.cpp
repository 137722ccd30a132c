#include "peer/http/status_server.hpp"

#include <microhttpd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/http/event_stream.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/page.hpp"
#include "peer/http/replies.hpp"
#include "peer/http/server.hpp"
#include "peer/status/metrics.hpp"
#include "peer/status/status_json.hpp"

namespace p2p {
namespace {

// How often it is looked whether a stream has something to say.
constexpr Duration kTick = std::chrono::milliseconds(100);

constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

/// Lives in the server's thread, but for on_published().
class StatusServer::Site : public HttpSite {
 public:
  Site(StatusBoard& board, std::optional<SecretText> token) : board_(board), token_(std::move(token)) {
    board_.on_published([this] { on_published(); });
  }
  ~Site() override { board_.on_published(nullptr); }

  std::variant<HttpReply, std::unique_ptr<HttpTask>> answer(const HttpRequest& request) override;
  void on_leaving() override { leaving_ = true; }

 private:
  friend class Report;
  friend class Stream;

  /// The network thread's, and whoever leaves.
  void on_published() {
    const std::lock_guard lock(mutex_);
    ++published_;
    for (const auto& [report, wake] : waiting_) wake();
  }

  /// The network thread has answered since it was asked.
  void see_published() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(seen_, published_) != published_) asked_at_.reset();
  }

  bool is_authorized(const HttpRequest& request) const {
    const auto header = request.header(MHD_HTTP_HEADER_AUTHORIZATION);
    return !token_ || (header && has_token(*header, token_->view()));
  }

  HttpReply report(const std::string& path, bool is_authorized);
  std::variant<HttpReply, std::unique_ptr<HttpTask>> stream(const HttpRequest& request);

  StatusBoard& board_;
  const std::optional<SecretText> token_;
  const HttpText page_ = std::make_shared<const std::string>(dashboard());
  const std::string policy_ = content_policy(*page_);
  bool leaving_ = false;
  std::uint64_t seen_ = 0;
  std::optional<Instant> asked_at_;  ///< Since when the network thread owes us a status.
  std::size_t streams_ = 0;
  std::shared_ptr<const Status> written_;  ///< What json_ says.
  HttpText json_;

  std::mutex mutex_;
  std::uint64_t published_ = 0;
  std::map<const Report*, HttpWake> waiting_;  ///< For a new status.
};

/// Waits until what is there is new enough.
class StatusServer::Report : public HttpTask {
 public:
  Report(Site& site, const HttpRequest& request, bool is_authorized)
      : site_(site), path_(request.path()), is_authorized_(is_authorized), wake_(request.wake()) {}

  ~Report() override {
    const std::lock_guard lock(site_.mutex_);
    site_.waiting_.erase(this);
  }

  std::optional<HttpReply> reply() override {
    site_.see_published();
    if (!must_wait()) return site_.report(path_, is_authorized_);
    return std::nullopt;
  }
  Instant deadline() const override { return *deadline_; }

 private:
  bool must_wait() {
    const bool is_fresh = unix_time() - site_.board_.latest()->time < seconds(kFresh);
    if (deadline_) return !site_.leaving_ && site_.asked_at_ && now() < *deadline_;
    if (site_.leaving_ || is_fresh) return false;
    if (!site_.asked_at_) site_.asked_at_ = now();
    deadline_ = now() + kPatience;
    {
      const std::lock_guard lock(site_.mutex_);
      site_.waiting_.emplace(this, wake_);
    }
    site_.board_.ask();
    return true;
  }

  Site& site_;
  const std::string path_;
  const bool is_authorized_;
  const HttpWake wake_;
  std::optional<Instant> deadline_;
};

class StatusServer::Stream : public HttpBody {
 public:
  Stream(Site& site, std::optional<std::uint64_t> since) : site_(site), events_(site.board_.events(), since, now()) {
    ++site_.streams_;
  }
  ~Stream() override { --site_.streams_; }

  Got read(std::span<char> out) override {
    const std::string_view part = events_.take(out.size(), now());
    if (!part.empty()) {
      std::ranges::copy(part, out.begin());
      return {.state = State::some, .bytes = part.size()};
    }
    return site_.leaving_ ? Got{.state = State::over} : Got{.state = State::waiting, .until = now() + kTick};
  }

 private:
  Site& site_;
  EventStream events_;
};

std::variant<HttpReply, std::unique_ptr<HttpTask>> StatusServer::Site::answer(const HttpRequest& request) {
  const std::string& path = request.path();
  // The page has nothing of the process in it; it asks for the token and sends it along itself.
  if (path == "/") return made_reply(MHD_HTTP_OK, page_, "text/html; charset=utf-8", policy_);
  const bool known =
      path == "/events" || path == "/status.json" || path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known)
    return plain_reply(MHD_HTTP_NOT_FOUND, "there is /, /status.json, /events, /metrics, /healthz and /readyz");
  // Probes of supervisors can say no token; what they get without one is a yes or a no.
  const bool is_probe = path == "/healthz" || path == "/readyz";
  const bool authorized = is_authorized(request);
  if (!is_probe && !authorized) {
    HttpReply reply = plain_reply(MHD_HTTP_UNAUTHORIZED, "expected Authorization: Bearer TOKEN");
    reply.headers.emplace_back(MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    return reply;
  }
  if (path == "/events") return stream(request);
  return std::make_unique<Report>(*this, request, authorized);
}

HttpReply StatusServer::Site::report(const std::string& path, bool is_authorized) {
  const std::shared_ptr<const Status> status = board_.latest();
  if (path == "/status.json") {
    if (std::exchange(written_, status) != status) json_ = std::make_shared<const std::string>(to_json(*status));
    return made_reply(MHD_HTTP_OK, json_, "application/json");
  }
  if (path == "/metrics")
    return made_reply(MHD_HTTP_OK, std::make_shared<const std::string>(to_metrics(*status)), kMetrics);
  if (path == "/readyz") {
    if (status->state.ready) return plain_reply(MHD_HTTP_OK, "ready");
    const std::string phase = kPhaseWords[static_cast<std::size_t>(status->state.phase)];
    return plain_reply(MHD_HTTP_SERVICE_UNAVAILABLE, is_authorized ? "not ready: " + phase : "not ready");
  }
  const bool well = !asked_at_ || now() - *asked_at_ < kUnwell || status->state.phase == Phase::starting;
  return well ? plain_reply(MHD_HTTP_OK, "ok")
              : plain_reply(MHD_HTTP_SERVICE_UNAVAILABLE, "the network thread does not answer");
}

std::variant<HttpReply, std::unique_ptr<HttpTask>> StatusServer::Site::stream(const HttpRequest& request) {
  if (streams_ >= kMostStreams) return plain_reply(MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams of events");
  const auto since = stream_position(request.header("Last-Event-ID"), request.argument("since"));
  HttpReply reply = made_reply(MHD_HTTP_OK, nullptr, "text/event-stream");
  if (!request.is_head()) reply.body = std::make_unique<Stream>(*this, since);
  return reply;
}

struct StatusServer::Parts {
  Parts(StatusBoard& board, const HttpPlace& place, std::optional<SecretText> token)
      : site(board, std::move(token)),
        server(site, {.place = place,
                      .what = "the status",
                      .connections = kMostConnections,
                      .idle = kIdle,
                      .silence_s = kSilence_s,
                      .request_bytes = kMostRequestBytes,
                      .block_bytes = kMostRequestBytes / 4}) {}

  Site site;
  HttpServer server;
};

StatusServer::StatusServer(StatusBoard& board, const HttpPlace& place, std::optional<SecretText> token) {
  const bool has_token = token.has_value();
  parts_ = std::make_unique<Parts>(board, place, std::move(token));
  if (!parts_->server.is_local() && !has_token)
    throw ExitError(
        ExitCode::usage,
        "--status " + config::printable(url()) +
            " can be reached from other machines, and then it wants --status-token FILE, a file of mode 600 "
            "with a token of 16 to 256 characters; or serve at the loopback: --status PORT");
  parts_->server.start();
}

StatusServer::~StatusServer() = default;

const std::string& StatusServer::url() const { return parts_->server.url(); }

}  // namespace p2p
