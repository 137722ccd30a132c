#include "peer/http/server.hpp"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/http/event_stream.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/page.hpp"
#include "peer/http/server_socket.hpp"
#include "peer/status/metrics.hpp"
#include "peer/status/status_json.hpp"

namespace p2p {
namespace {

// How often it is looked whether streams have something to say.
constexpr int kTick_ms = 100;
// How long the end waits for what is being sent.
constexpr Duration kFarewell = std::chrono::milliseconds(250);

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kNoPage = "default-src 'none'; frame-ancestors 'none'";

using Shared = std::shared_ptr<const std::string>;
using Response = std::unique_ptr<MHD_Response, decltype(&::MHD_destroy_response)>;

void add_headers(MHD_Response* response, const char* type, const char* policy) {
  const std::pair<const char*, const char*> headers[] = {{MHD_HTTP_HEADER_CONTENT_TYPE, type},
                                                         {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
                                                         {"X-Content-Type-Options", "nosniff"},
                                                         {"Referrer-Policy", "no-referrer"},
                                                         {"Cross-Origin-Resource-Policy", "same-origin"},
                                                         {"Content-Security-Policy", policy}};
  for (const auto& [name, value] : headers) ::MHD_add_response_header(response, name, value);
}

/// `body` lives until it is sent.
Response response_of(Shared body, const char* type, const char* policy) {
  auto* const kept = new Shared(std::move(body));
  Response response(::MHD_create_response_from_buffer_with_free_callback_cls(
                        (*kept)->size(), const_cast<char*>((*kept)->data()),
                        [](void* held) { delete static_cast<Shared*>(held); }, kept),
                    ::MHD_destroy_response);
  add_headers(response.get(), type, policy);
  return response;
}

MHD_Result answer(MHD_Connection* connection, unsigned code, Shared body, const char* type,
                  const char* policy = kNoPage) {
  return ::MHD_queue_response(connection, code, response_of(std::move(body), type, policy).get());
}

MHD_Result say(MHD_Connection* connection, unsigned code, std::string line) {
  const Response response = response_of(std::make_shared<const std::string>(std::move(line) + '\n'), kText, kNoPage);
  if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
    ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  if (code == MHD_HTTP_UNAUTHORIZED)
    ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
  return ::MHD_queue_response(connection, code, response.get());
}

std::optional<std::string_view> value_of(MHD_Connection* connection, MHD_ValueKind kind, const char* name) {
  const char* const value = ::MHD_lookup_connection_value(connection, kind, name);
  return value ? std::optional<std::string_view>(value) : std::nullopt;
}

/// Paths are compared as they came: there is one way to write each.
std::size_t keep_escapes(void*, MHD_Connection*, char* text) { return std::strlen(text); }

/// The headers of that name.
unsigned count_of(MHD_Connection* connection, std::string_view name) {
  struct Count {
    std::string_view name;
    unsigned count = 0;
  } count{name};
  ::MHD_get_connection_values(
      connection, MHD_HEADER_KIND,
      [](void* state, MHD_ValueKind, const char* key, const char*) {
        auto& counted = *static_cast<Count*>(state);
        if (::strcasecmp(key, counted.name.data()) == 0) ++counted.count;
        return MHD_YES;
      },
      &count);
  return count.count;
}

bool has_body(MHD_Connection* connection) {
  const auto length = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (length && *length != "0") || value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

}  // namespace

/// Everything but the constructor, the destructor and on_published() runs in its thread.
class StatusServer::Loop {
 public:
  Loop(StatusBoard& board, const StatusPlace& place, std::optional<SecretText> token)
      : board_(board), own_host_(place.host), token_(std::move(token)), socket_(place) {
    if (!socket_.is_local() && !token_)
      throw ExitError(
          ExitCode::usage,
          "--status " + config::printable(socket_.url()) +
              " can be reached from other machines, and then it wants --status-token FILE, a file of mode 600 "
              "with a token of 16 to 256 characters; or serve at the loopback: --status PORT");
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const int listener = ::dup(socket_.descriptor());  // the daemon closes it
    if (wake_ >= 0 && listener >= 0)
      daemon_ =
          ::MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Loop::on_request, this,
                             MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, kMostConnections,
                             MHD_OPTION_CONNECTION_TIMEOUT, kSilence_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                             kMostRequestBytes, MHD_OPTION_UNESCAPE_CALLBACK, &keep_escapes, nullptr,
                             MHD_OPTION_NOTIFY_COMPLETED, &Loop::on_completed, this, MHD_OPTION_END);
    if (!daemon_) {
      if (listener >= 0) ::close(listener);
      if (wake_ >= 0) ::close(wake_);
      throw ExitError(ExitCode::network,
                      "cannot serve the status at " + socket_.url() + ": no HTTP server can be started");
    }
    board_.on_published([this] { on_published(); });
    start();
  }

  ~Loop() {
    stopping_ = true;
    wake();
    thread_.join();
    board_.on_published(nullptr);
    ::close(wake_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  const std::string& url() const { return socket_.url(); }

 private:
  /// A request, from its headers to its end.
  struct Request {
    Loop& loop;
    MHD_Connection* connection;
    std::string path{};
    bool has_waited = false;
    bool is_authorized = false;  ///< Has said the token, or none is wanted.
    Instant deadline{};
  };
  struct Stream {
    Loop& loop;
    MHD_Connection* connection;
    EventStream events;
    bool suspended = false;
  };

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }

  void on_published() {
    ++published_;
    wake();
  }

  /// Signals are for the network thread.
  void start() {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run() {
    Instant end = kNever;
    while (true) {
      sleep();
      if (stopping_ && end == kNever) end = now() + kFarewell;
      resume();
      ::MHD_run(daemon_);
      if (stopping_ && ((streams_.empty() && waiting_.empty()) || now() >= end)) break;
    }
    // Nothing suspends any more, and the daemon must not end while something is suspended.
    resume();
    ::MHD_run(daemon_);
    ::MHD_stop_daemon(daemon_);
  }

  void sleep() const {
    MHD_UNSIGNED_LONG_LONG until = 0;
    int timeout = -1;
    if (::MHD_get_timeout(daemon_, &until) == MHD_YES)
      timeout = static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(until, 1000));
    if (!streams_.empty() || !waiting_.empty() || stopping_)
      timeout = timeout < 0 ? kTick_ms : std::min(timeout, kTick_ms);
    pollfd files[] = {
        {.fd = ::MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN, .revents = 0},
        {.fd = wake_, .events = POLLIN, .revents = 0}};
    ::poll(files, 2, timeout);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = ::read(wake_, &count, sizeof count);
  }

  /// Whoever need not wait any more goes on.
  void resume() {
    const Instant at = now();
    const std::uint64_t published = published_;
    if (std::exchange(seen_, published) != published) asked_at_.reset();
    std::erase_if(waiting_, [&](Request* request) {
      const bool over = !asked_at_ || at >= request->deadline || stopping_;
      if (over) ::MHD_resume_connection(request->connection);
      return over;
    });
    for (Stream* const stream : streams_)
      if (stream->suspended && (stopping_ || stream->events.has_something(at))) {
        stream->suspended = false;
        ::MHD_resume_connection(stream->connection);
      }
  }

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method, const char*,
                               const char*, std::size_t* upload_size, void** state) {
    auto& loop = *static_cast<Loop*>(self);
    if (!*state) {
      *state = new Request{loop, connection, url};
      if (std::strcmp(method, MHD_HTTP_METHOD_GET) != 0 && std::strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "the status can only be read: GET or HEAD");
      if (has_body(connection)) return say(connection, MHD_HTTP_BAD_REQUEST, "no body is expected");
      return MHD_YES;
    }
    *upload_size = 0;
    return loop.serve(*static_cast<Request*>(*state));
  }

  static void on_completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    auto* const request = static_cast<Request*>(*state);
    if (!request) return;
    std::erase(request->loop.waiting_, request);
    delete request;
    *state = nullptr;
  }

  MHD_Result serve(Request& request) {
    MHD_Connection* const c = request.connection;
    const auto host = value_of(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (!socket_.is_unix() && (!host || count_of(c, MHD_HTTP_HEADER_HOST) != 1 || !is_own_host(*host, own_host_)))
      return say(c, MHD_HTTP_FORBIDDEN, "the Host of the request is not this one's");
    const std::string& path = request.path;
    // The page has nothing of the process in it; it asks for the token and sends it along itself.
    if (path == "/") return answer(c, MHD_HTTP_OK, page_, "text/html; charset=utf-8", policy_.c_str());
    const bool known =
        path == "/events" || path == "/status.json" || path == "/metrics" || path == "/healthz" || path == "/readyz";
    if (!known) return say(c, MHD_HTTP_NOT_FOUND, "there is /, /status.json, /events, /metrics, /healthz and /readyz");
    // Probes of supervisors can say no token; what they get without one is a yes or a no.
    const bool is_probe = path == "/healthz" || path == "/readyz";
    request.is_authorized = !token_ || is_authorized(c);
    if (!is_probe && !request.is_authorized)
      return say(c, MHD_HTTP_UNAUTHORIZED, "expected Authorization: Bearer TOKEN");
    if (path == "/events") return stream(c);
    if (must_wait(request)) return MHD_YES;
    return report(request);
  }

  bool is_authorized(MHD_Connection* c) const {
    const auto header = value_of(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    return header && has_token(*header, token_->view());
  }

  /// Suspends the request when what is there is too old.
  bool must_wait(Request& request) {
    const bool is_fresh = unix_time() - board_.latest()->time < seconds(kFresh);
    if (stopping_ || std::exchange(request.has_waited, true) || is_fresh) return false;
    if (!asked_at_) asked_at_ = now();
    request.deadline = now() + kPatience;
    waiting_.push_back(&request);
    ::MHD_suspend_connection(request.connection);
    board_.ask();
    return true;
  }

  MHD_Result report(const Request& request) {
    MHD_Connection* const c = request.connection;
    const std::string& path = request.path;
    const std::shared_ptr<const Status> status = board_.latest();
    if (path == "/status.json") {
      if (std::exchange(written_, status) != status) json_ = std::make_shared<const std::string>(to_json(*status));
      return answer(c, MHD_HTTP_OK, json_, "application/json");
    }
    if (path == "/metrics")
      return answer(c, MHD_HTTP_OK, std::make_shared<const std::string>(to_metrics(*status)), kMetrics);
    if (path == "/readyz") {
      if (status->state.ready) return say(c, MHD_HTTP_OK, "ready");
      const std::string phase = kPhaseWords[static_cast<std::size_t>(status->state.phase)];
      return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, request.is_authorized ? "not ready: " + phase : "not ready");
    }
    const bool well = !asked_at_ || now() - *asked_at_ < kUnwell || status->state.phase == Phase::starting;
    return well ? say(c, MHD_HTTP_OK, "ok")
                : say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "the network thread does not answer");
  }

  MHD_Result stream(MHD_Connection* c) {
    if (streams_.size() >= kMostStreams) return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams of events");
    const auto since =
        stream_position(value_of(c, MHD_HEADER_KIND, "Last-Event-ID"), value_of(c, MHD_GET_ARGUMENT_KIND, "since"));
    auto* const stream = new Stream{*this, c, EventStream(board_.events(), since, now())};
    streams_.insert(stream);
    const Response response(::MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kMostRequestBytes / 4,
                                                                &Loop::read_events, stream, &Loop::end_stream),
                            ::MHD_destroy_response);
    add_headers(response.get(), "text/event-stream", kNoPage);
    return ::MHD_queue_response(c, MHD_HTTP_OK, response.get());
  }

  static ssize_t read_events(void* self, std::uint64_t, char* out, std::size_t most) {
    auto& stream = *static_cast<Stream*>(self);
    const std::string_view part = stream.events.take(most, now());
    if (!part.empty()) {
      std::ranges::copy(part, out);
      return static_cast<ssize_t>(part.size());
    }
    if (stream.loop.stopping_) return MHD_CONTENT_READER_END_OF_STREAM;
    stream.suspended = true;
    ::MHD_suspend_connection(stream.connection);
    return 0;
  }

  static void end_stream(void* self) {
    auto* const stream = static_cast<Stream*>(self);
    stream->loop.streams_.erase(stream);
    delete stream;
  }

  StatusBoard& board_;
  std::string own_host_;
  std::optional<SecretText> token_;
  ServerSocket socket_;
  Shared page_ = std::make_shared<const std::string>(dashboard());
  std::string policy_ = content_policy(*page_);
  int wake_ = -1;
  MHD_Daemon* daemon_ = nullptr;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::uint64_t seen_ = 0;
  std::optional<Instant> asked_at_;  ///< Since when the network thread owes us a status.
  std::vector<Request*> waiting_;    ///< Suspended until there is a new status.
  std::set<Stream*> streams_;
  std::shared_ptr<const Status> written_;  ///< What json_ says.
  Shared json_;
  std::thread thread_;
};

StatusServer::StatusServer(StatusBoard& board, const StatusPlace& place, std::optional<SecretText> token)
    : loop_(std::make_unique<Loop>(board, place, std::move(token))) {}

StatusServer::~StatusServer() = default;

const std::string& StatusServer::url() const { return loop_->url(); }

SecretText read_token(const std::filesystem::path& file) {
  SecretText text =
      read_secret_file(file, {.what = "token file",
                              .if_absent = "make one with: (umask 077; head -c 24 /dev/urandom | base64 > FILE)",
                              .if_there = ""});
  text.cut(std::min(text.view().find('\n'), text.view().size()));
  if (const std::string fault = token_fault(text.view()); !fault.empty())
    throw ExitError(ExitCode::usage,
                    "--status-token: the token in the first line of " + config::in_quotes(file.string()) + ' ' + fault);
  return text;
}

}  // namespace p2p
