#include "peer/http/server.hpp"

#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/http/bell.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/links.hpp"
#include "peer/http/replies.hpp"
#include "peer/http/server_socket.hpp"
#include "peer/http/suspended.hpp"

namespace p2p {
namespace {

using Response = std::unique_ptr<MHD_Response, decltype(&::MHD_destroy_response)>;

// How often it is looked whether something has waited for long enough.
constexpr Duration kTick = std::chrono::seconds(1);
// How long the end waits for what is being sent.
constexpr Duration kFarewell = std::chrono::milliseconds(250);
// Connections that are accepted while those that make room for them are being closed.
constexpr unsigned kSlack = 16;
// What the kernel keeps for a client that takes nothing, beside what is on its way to it.
constexpr int kMostUnsent = 256 << 10;
// In GnuTLS' words.
constexpr const char* kTlsVersions = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/// Paths are decoded by sites, and by their own rules.
std::size_t keep_escapes(void*, MHD_Connection*, char* text) { return std::strlen(text); }

bool has_body(const HttpRequest& request) {
  const auto length = request.header(MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (length && *length != "0") || request.header(MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

int socket_of(MHD_Connection* connection) {
  return ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/// `text` lives until it is sent.
Response response_of(HttpText text) {
  auto* const kept = new HttpText(text ? std::move(text) : std::make_shared<const std::string>());
  return {::MHD_create_response_from_buffer_with_free_callback_cls(
              (*kept)->size(), const_cast<char*>((*kept)->data()),
              [](void* held) { delete static_cast<HttpText*>(held); }, kept),
          ::MHD_destroy_response};
}

}  // namespace

/// Everything but the constructor, the destructor and start() runs in its thread.
class HttpServer::Loop {
 public:
  Loop(HttpSite& site, HttpServing serving)
      : site_(site),
        serving_(std::move(serving)),
        socket_(serving_.place, serving_.what),
        url_(socket_.url()),
        links_(serving_.connections, serving_.idle) {
    if (serving_.certificate && !socket_.is_unix()) url_.replace(0, std::strlen("http"), "https");
  }

  ~Loop() {
    if (!thread_.joinable()) return;
    leaving_ = true;
    bell_->ring(kNobody);
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  const ServerSocket& socket() const { return socket_; }
  const std::string& url() const { return url_; }

  void start() {
    const int listener = ::dup(socket_.descriptor());  // the daemon closes it
    std::vector<MHD_OptionItem> tls;
    if (serving_.certificate)
      tls = {{MHD_OPTION_HTTPS_MEM_CERT, 0, serving_.certificate->chain.data()},
             {MHD_OPTION_HTTPS_MEM_KEY, 0, serving_.certificate->key.characters().data()},
             {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kTlsVersions)}};
    tls.push_back({MHD_OPTION_END, 0, nullptr});
    if (listener >= 0)
      daemon_ = ::MHD_start_daemon(
          MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (serving_.certificate ? MHD_USE_TLS : 0), 0, nullptr, nullptr,
          &Loop::on_request, this, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
          serving_.connections + kSlack, MHD_OPTION_CONNECTION_TIMEOUT, serving_.silence_s,
          // Replies need some of it, too.
          MHD_OPTION_CONNECTION_MEMORY_LIMIT, 2 * serving_.request_bytes, MHD_OPTION_UNESCAPE_CALLBACK, &keep_escapes,
          nullptr, MHD_OPTION_NOTIFY_COMPLETED, &Loop::on_completed, this, MHD_OPTION_NOTIFY_CONNECTION,
          &Loop::on_connection, this, MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
    serving_.certificate.reset();
    if (!daemon_) {
      if (listener >= 0) ::close(listener);
      throw ExitError(ExitCode::network,
                      "cannot serve " + serving_.what + " at " + socket_.url() + ": no HTTP server can be started");
    }
    // Signals are for the network thread.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  static constexpr std::uint64_t kNobody = 0;

  /// A request, from its headers to its end. Both the daemon and a response that is being sent hold it.
  struct Request {
    Loop& loop;
    std::uint64_t ticket;
    MHD_Connection* connection;
    int socket;
    HttpRequest said;
    bool is_gone = false;  ///< The client is.
    std::unique_ptr<HttpTask> task{};
    std::unique_ptr<HttpBody> body{};
  };
  using RequestPtr = std::shared_ptr<Request>;

  void run() {
    Instant end = kNever;
    while (true) {
      sleep();
      if (leaving_ && end == kNever) {
        end = now() + kFarewell;
        site_.on_leaving();
      }
      resume();
      ::MHD_run(daemon_);
      look_after_links();
      if (leaving_ && (requests_ == 0 || now() >= end)) break;
    }
    // The daemon must not end while something is suspended.
    is_over_ = true;
    resume();
    ::MHD_run(daemon_);
    ::MHD_stop_daemon(daemon_);
  }

  void sleep() const {
    Duration timeout = leaving_ ? kFarewell / 10 : kNever.time_since_epoch();
    MHD_UNSIGNED_LONG_LONG most_ms = 0;
    if (::MHD_get_timeout(daemon_, &most_ms) == MHD_YES)
      timeout = std::min<Duration>(timeout, std::chrono::milliseconds(std::min<MHD_UNSIGNED_LONG_LONG>(most_ms, 1000)));
    if (const Instant next = suspended_.next(); next != kNever)
      timeout = std::min(timeout, std::max(next - now(), Duration::zero()));
    const bool forever = timeout > kTick && suspended_.empty() && links_.size() == 0;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(timeout, kTick)).count();
    pollfd files[] = {
        {.fd = ::MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN, .revents = 0},
        {.fd = bell_->descriptor(), .events = POLLIN, .revents = 0},
        {.fd = suspended_.descriptor(), .events = POLLIN, .revents = 0}};
    ::poll(files, 3, forever ? -1 : static_cast<int>(ms));
  }

  /// Whoever need not wait any more goes on.
  void resume() {
    const std::set<std::uint64_t> rung = bell_->take();
    leaving_ ? suspended_.resume_all() : suspended_.resume(rung, now());
  }

  void suspend(Request& request, Instant until) {
    links_.on_waits(request.socket, now());
    suspended_.add(request.ticket, {request.connection, request.socket, &request.is_gone, until});
  }

  static void on_connection(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
    HttpLinks& links = static_cast<Loop*>(self)->links_;
    const int socket = socket_of(connection);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) return links.close(socket);
    ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent, sizeof kMostUnsent);
    if (const auto out = links.open(socket, now())) ::shutdown(*out, SHUT_RDWR);
  }

  void look_after_links() {
    const Instant at = now();
    if (at < looked_at_ + kTick) return;
    looked_at_ = at;
    for (const HttpLinks::Id late : links_.overdue(at)) ::shutdown(late, SHUT_RDWR);
  }

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method, const char*,
                               const char*, std::size_t* upload_size, void** state) {
    auto& loop = *static_cast<Loop*>(self);
    if (!*state) {
      RequestPtr* const request = loop.begin(connection, url, method);
      *state = request;
      const HttpRequest& said = (*request)->said;
      if (!said.is_head() && std::strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        HttpReply reply =
            plain_reply(MHD_HTTP_METHOD_NOT_ALLOWED, loop.serving_.what + " can only be read: GET or HEAD");
        reply.headers.emplace_back(MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        return send(*request, std::move(reply));
      }
      if (has_body(said)) return send(*request, plain_reply(MHD_HTTP_BAD_REQUEST, "no body is expected"));
      return MHD_YES;
    }
    *upload_size = 0;
    return loop.serve(*static_cast<RequestPtr*>(*state));
  }

  RequestPtr* begin(MHD_Connection* connection, const char* url, const char* method) {
    const std::uint64_t ticket = ++tickets_;
    ++requests_;
    HttpRequest said(connection, url, std::strcmp(method, MHD_HTTP_METHOD_HEAD) == 0,
                     [bell = bell_, ticket] { bell->ring(ticket); });
    const int socket = socket_of(connection);
    links_.on_request(socket, now());
    return new RequestPtr(new Request{*this, ticket, connection, socket, std::move(said)});
  }

  static void on_completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    const std::unique_ptr<RequestPtr> request(static_cast<RequestPtr*>(std::exchange(*state, nullptr)));
    if (!request) return;
    Loop& loop = (*request)->loop;
    loop.links_.on_replied((*request)->socket, now());
    --loop.requests_;
    (*request)->task.reset();
    (*request)->body.reset();
  }

  MHD_Result serve(const RequestPtr& request) try {
    const auto* const size = ::MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (size && size->header_size > serving_.request_bytes)
      return send(request, plain_reply(MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large"));
    if (!request->task) {
      if (!is_ours(request->said))
        return send(request, plain_reply(MHD_HTTP_FORBIDDEN, "the Host of the request is not this one's"));
      auto answer = site_.answer(request->said);
      if (auto* const reply = std::get_if<HttpReply>(&answer)) return send(request, std::move(*reply));
      request->task = std::move(std::get<std::unique_ptr<HttpTask>>(answer));
    }
    if (auto reply = request->task->reply()) {
      request->task.reset();
      return send(request, std::move(*reply));
    }
    if (is_over_ || request->is_gone) return MHD_NO;
    suspend(*request, request->task->deadline());
    return MHD_YES;
  } catch (const std::exception&) {
    // No exception leaves a callback of C: memory is short, say.
    return MHD_NO;
  }

  bool is_ours(const HttpRequest& request) const {
    if (socket_.is_unix()) return true;
    const auto host = request.header(MHD_HTTP_HEADER_HOST);
    return host && request.count_of(MHD_HTTP_HEADER_HOST) == 1 &&
           (is_own_host(*host, serving_.place.host) || is_named(*host, serving_.names));
  }

  static MHD_Result send(const RequestPtr& request, HttpReply reply) {
    const bool is_made = reply.body || reply.size;
    request->body = std::move(reply.body);
    const Response response = is_made ? made_response(request, reply.size) : response_of(std::move(reply.text));
    for (const auto& [name, value] : reply.headers)
      ::MHD_add_response_header(response.get(), name.c_str(), value.c_str());
    return ::MHD_queue_response(request->connection, reply.code, response.get());
  }

  static Response made_response(const RequestPtr& request, std::optional<std::uint64_t> size) {
    return {::MHD_create_response_from_callback(size.value_or(MHD_SIZE_UNKNOWN), request->loop.serving_.block_bytes,
                                                &Loop::read, new RequestPtr(request),
                                                [](void* held) { delete static_cast<RequestPtr*>(held); }),
            ::MHD_destroy_response};
  }

  static ssize_t read(void* self, std::uint64_t, char* out, std::size_t most) try {
    Request& request = **static_cast<RequestPtr*>(self);
    const HttpBody::Got got =
        request.body ? request.body->read({out, most}) : HttpBody::Got{.state = HttpBody::State::failed};
    switch (got.state) {
      case HttpBody::State::some:
        request.loop.links_.on_takes(request.socket, now());
        return static_cast<ssize_t>(got.bytes);
      case HttpBody::State::over: return MHD_CONTENT_READER_END_OF_STREAM;
      case HttpBody::State::failed: return MHD_CONTENT_READER_END_WITH_ERROR;
      case HttpBody::State::waiting: break;
    }
    if (request.loop.is_over_ || request.is_gone) return MHD_CONTENT_READER_END_WITH_ERROR;
    request.loop.suspend(request, got.until);
    return 0;
  } catch (const std::exception&) {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }

  HttpSite& site_;
  HttpServing serving_;
  ServerSocket socket_;
  std::string url_;
  const std::shared_ptr<HttpBell> bell_ = std::make_shared<HttpBell>();
  MHD_Daemon* daemon_ = nullptr;
  std::atomic<bool> leaving_ = false;
  bool is_over_ = false;  ///< Nothing suspends any more.
  std::uint64_t tickets_ = kNobody;
  std::size_t requests_ = 0;
  Suspended suspended_;
  HttpLinks links_;
  Instant looked_at_{};
  std::thread thread_;
};

HttpServer::HttpServer(HttpSite& site, HttpServing serving) : loop_(std::make_unique<Loop>(site, std::move(serving))) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() { loop_->start(); }
const std::string& HttpServer::url() const { return loop_->url(); }
bool HttpServer::is_local() const { return loop_->socket().is_local(); }

}  // namespace p2p
