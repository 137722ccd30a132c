#include "peer/http/content_site.hpp"

#include <microhttpd.h>

#include <mutex>
#include <utility>

#include "peer/ground/clock.hpp"
#include "peer/http/asked_path.hpp"
#include "peer/http/conditions.hpp"
#include "peer/http/content_pages.hpp"
#include "peer/http/file_reply.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/replies.hpp"

namespace p2p {
namespace {

/// What the host says, on whatever thread, also when nobody listens any more.
struct Answered {
  std::mutex mutex{};
  std::optional<FoundPath> found{};
};

}  // namespace

/// One request: asks the host, and then, of a file, for its first bytes.
class ContentSite::Task : public HttpTask {
 public:
  Task(ContentSite& site, const HttpRequest& request, AskedTarget target)
      : site_(site), request_(request), target_(std::move(target)) {
    site_.host_.find(target_.asked, [answered = answered_, wake = request.wake()](FoundPath found) {
      {
        const std::lock_guard lock(answered->mutex);
        answered->found.emplace(std::move(found));
      }
      wake();
    });
  }

  std::optional<HttpReply> reply() override {
    if (site_.leaving_) return unavailable("the node is leaving");
    if (!body_) {
      std::optional<FoundPath> found = take();
      if (found) return std::visit([this](auto& what) { return reply_with(what); }, *found);
      if (now() < deadline_) return std::nullopt;
      return plain_reply(MHD_HTTP_GATEWAY_TIMEOUT, "the node finds no answer in time");
    }
    return begin_body();
  }
  Instant deadline() const override { return body_ ? kNever : deadline_; }

 private:
  std::optional<FoundPath> take() {
    const std::lock_guard lock(answered_->mutex);
    return std::exchange(answered_->found, std::nullopt);
  }

  std::optional<HttpReply> reply_with(FoundFile& file) {
    if (target_.has_slash) return plain_reply(MHD_HTTP_NOT_FOUND, "this is a file: ask for it without the slash");
    FileRequest wish{.by_id = target_.asked.id.has_value(),
                     .is_download = request_.argument("download").has_value(),
                     .is_secret = site_.token_.has_value(),
                     .etag = etag_of(file.id),
                     .ranges = {}};
    const Conditions conditions{.if_match = request_.header(MHD_HTTP_HEADER_IF_MATCH),
                                .if_none_match = request_.header(MHD_HTTP_HEADER_IF_NONE_MATCH),
                                .if_range = request_.header(MHD_HTTP_HEADER_IF_RANGE)};
    switch (wish_of(conditions, wish.etag)) {
      case Wish::failed: return plain_reply(MHD_HTTP_PRECONDITION_FAILED, "the content is " + wish.etag + " now");
      case Wish::unchanged: return unchanged_reply(file, wish);
      case Wish::wanted: break;
    }
    // RFC 9110, section 14.2: ranges are of GET alone.
    const auto ranges = request_.header(MHD_HTTP_HEADER_RANGE);
    if (ranges && !request_.is_head() && ranges_hold(conditions, wish.etag))
      wish.ranges = parse_ranges(*ranges, file.size);
    HttpReply reply = file_reply(file, wish);
    if (reply.text || request_.is_head() || file.size == 0) return reply;
    body_ = site_.sending_->begin(request_, std::move(file.bytes), parts_of(file, wish), now());
    if (!body_) return unavailable("too many files are being sent");
    reply_ = std::move(reply);
    return begin_body();
  }
  std::optional<HttpReply> reply_with(const FoundFolderPtr& folder) {
    if (!target_.has_slash) return slash_reply(request_.path());
    return site_.pages_.reply(folder, target_.asked, request_.header(MHD_HTTP_HEADER_ACCEPT));
  }
  std::optional<HttpReply> reply_with(const FoundSeveral& several) {
    return several_reply(several, target_.asked, request_.header(MHD_HTTP_HEADER_ACCEPT));
  }
  std::optional<HttpReply> reply_with(const FoundNothing& nothing) {
    return plain_reply(MHD_HTTP_NOT_FOUND, nothing.why);
  }
  std::optional<HttpReply> reply_with(const FoundUnreachable& unreachable) {
    return plain_reply(MHD_HTTP_GATEWAY_TIMEOUT, unreachable.why);
  }

  /// Nothing is promised before the first byte is here.
  std::optional<HttpReply> begin_body() {
    switch (body_->prime(now())) {
      case HttpBody::State::waiting: return std::nullopt;
      case HttpBody::State::some: reply_->body = std::move(body_); return std::move(reply_);
      default: return plain_reply(MHD_HTTP_GATEWAY_TIMEOUT, body_->fault());
    }
  }

  static HttpReply unavailable(std::string why) {
    HttpReply reply = plain_reply(MHD_HTTP_SERVICE_UNAVAILABLE, std::move(why));
    reply.headers.emplace_back(MHD_HTTP_HEADER_RETRY_AFTER, "1");
    return reply;
  }

  ContentSite& site_;
  const HttpRequest& request_;
  const AskedTarget target_;
  const Instant deadline_ = now() + site_.patience_;
  const std::shared_ptr<Answered> answered_ = std::make_shared<Answered>();
  std::optional<HttpReply> reply_;  ///< What is said when the first bytes are here.
  std::unique_ptr<SentBody> body_;
};

ContentSite::ContentSite(ContentHost& host, std::optional<SecretText> token, Duration patience)
    : host_(host), token_(std::move(token)), patience_(patience) {}

std::variant<HttpReply, std::unique_ptr<HttpTask>> ContentSite::answer(const HttpRequest& request) {
  if (token_) {
    const auto said = request.header(MHD_HTTP_HEADER_AUTHORIZATION);
    if (!said || !(has_token(*said, token_->view()) || has_basic_token(*said, token_->view()))) {
      HttpReply reply =
          plain_reply(MHD_HTTP_UNAUTHORIZED,
                      "expected Authorization: Bearer TOKEN, or Basic with any user and the token as password");
      reply.headers.emplace_back(MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"peerProcess\"");
      reply.headers.emplace_back(MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"peerProcess\", charset=\"UTF-8\"");
      return reply;
    }
  }
  auto target = parse_target(request.path());
  if (const auto* const fault = std::get_if<TargetFault>(&target)) return plain_reply(MHD_HTTP_BAD_REQUEST, fault->why);
  return std::make_unique<Task>(*this, request, std::move(std::get<AskedTarget>(target)));
}

}  // namespace p2p
