#include "peer/http/sending.hpp"

#include <algorithm>
#include <utility>

#include "peer/ground/clock.hpp"

namespace p2p {

std::unique_ptr<SentBody> Sending::begin(const HttpRequest& request, std::shared_ptr<ByteSource> bytes,
                                         std::vector<ContentBody::Part> parts, Instant now) {
  if (bodies_.size() >= most_ && !make_room(now)) return nullptr;
  auto body = std::make_unique<ContentBody>(std::move(bytes), std::move(parts), request.wake());
  std::unique_ptr<SentBody> sent(new SentBody(shared_from_this(), request, std::move(body)));
  bodies_.insert(sent.get());
  return sent;
}

bool Sending::make_room(Instant now) {
  SentBody* longest = nullptr;
  for (SentBody* const body : bodies_) {
    body->look(now);
    if (!body->waits_ && now - body->taken_at_ >= kStalled && (!longest || body->taken_at_ < longest->taken_at_))
      longest = body;
  }
  if (longest) longest->give_up();
  return longest;
}

HttpBody::State SentBody::prime(Instant now) {
  const State state = body_->prime();
  waits_ = state == State::waiting;
  taken_at_ = now;
  return state;
}

void SentBody::look(Instant now) {
  if (const auto taken = request_.taken(); taken && std::exchange(taken_, taken) != taken) taken_at_ = now;
}

HttpBody::Got SentBody::read(std::span<char> out) {
  if (!body_) return {.state = State::failed};
  const Got got = body_->read(out);
  waits_ = got.state == State::waiting;
  taken_at_ = now();
  return got;
}

void SentBody::give_up() {
  leave();
  body_.reset();
  request_.hang_up();
}

}  // namespace p2p
