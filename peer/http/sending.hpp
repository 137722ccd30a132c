// The files that are being sent, and who makes room where there are too many.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "peer/http/content_body.hpp"

namespace p2p {

class SentBody;

class Sending : public std::enable_shared_from_this<Sending> {
 public:
  /// Where there is no room, the client that has taken nothing for longest makes it, if it is so long. One that only is
  /// slow acknowledges something all the time.
  static constexpr Duration kStalled = std::chrono::milliseconds(500);

  explicit Sending(std::size_t most) : most_(most) {}

  /// None: there is no room.
  std::unique_ptr<SentBody> begin(const HttpRequest& request, std::shared_ptr<ByteSource> bytes,
                                  std::vector<ContentBody::Part> parts, Instant now);

 private:
  friend class SentBody;

  bool make_room(Instant now);

  const std::size_t most_;
  std::set<SentBody*> bodies_;
};

/// One of them.
class SentBody : public HttpBody {
 public:
  ~SentBody() override { leave(); }

  /// As ContentBody::prime().
  State prime(Instant now);
  Got read(std::span<char> out) override;
  std::string fault() const { return body_->fault(); }

 private:
  friend class Sending;

  SentBody(std::shared_ptr<Sending> sending, const HttpRequest& request, std::unique_ptr<ContentBody> body)
      : sending_(std::move(sending)), request_(request), body_(std::move(body)) {}

  void leave() { sending_->bodies_.erase(this); }
  /// Looks whether the client has taken something since the last look.
  void look(Instant now);
  /// Its client is gone, as far as we are concerned.
  void give_up();

  const std::shared_ptr<Sending> sending_;
  const HttpRequest& request_;
  std::unique_ptr<ContentBody> body_;  ///< Null: it was given up.
  bool waits_ = true;                  ///< For us.
  std::optional<std::uint64_t> taken_;
  Instant taken_at_{};  ///< When it was last seen to have taken something.
};

}  // namespace p2p
