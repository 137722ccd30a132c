#include "peer/node/doorway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "peer/ground/clock.hpp"
#include "peer/net/origin_of.hpp"
#include "peer/report/diagnostics.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/encoder.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

EndKind kind_of(Dismissal why) {
  switch (why) {
    case Dismissal::refused: return EndKind::refused;
    case Dismissal::overdue: return EndKind::handshake_timeout;
    case Dismissal::crowded: return EndKind::crowded;
    case Dismissal::flood: return EndKind::flood;
    case Dismissal::unknown: return EndKind::refused;
    case Dismissal::stuck: return EndKind::unresponsive;
  }
  return EndKind::remote;
}

/// Of the message that carries the text.
std::uint8_t type_of(Use use) {
  return use == Use::catalog ? kCatalogType : use == Use::members ? kMembersType : kManifestType;
}

/// A handshake and the head of one message.
Bytes opening_of(PeerId self, const Admit& admit, const std::string* text) {
  Bytes bytes;
  append_handshake({self, encode(Features{.content = admit.content})}, bytes);
  std::array<std::byte, 4> length{};
  store_u32(static_cast<std::uint32_t>(1 + (text ? text->size() : 0)), length);
  for (const std::byte byte : length) bytes.push_back(byte);
  bytes.push_back(std::byte{type_of(admit.use)});
  return bytes;
}

}  // namespace

struct Doorway::Room : std::enable_shared_from_this<Doorway::Room> {
  class Guest;

  Room(asio::io_context& context, PeerId own, const DoorLimits& limits, const DoorUses& uses, Hooks what)
      : io(context), self(own), door(limits, uses), hooks(std::move(what)), timer(context) {}

  void carry_out();
  void turn_away(const StrangerClosed& end) const;
  static asio::awaitable<void> receive(std::shared_ptr<Room> room, CallerId caller, StreamPtr stream);
  static asio::awaitable<void> give_members(std::shared_ptr<Room> room, Admit admit, StreamPtr stream);
  static asio::awaitable<void> give_text(std::shared_ptr<Room> room, Admit admit,
                                         std::shared_ptr<const std::string> text, StreamPtr stream);

  asio::io_context& io;
  PeerId self;
  Door door;
  Hooks hooks;
  asio::steady_timer timer;
  Instant timer_at = kNever;
  std::unordered_map<CallerId, Guest*> guests;
  std::unordered_map<CallerId, Admit> admitted;  ///< Those that are about to be handed on.
  bool closed = false;
};

/// A caller's stream, from its acceptance to its end.
class Doorway::Room::Guest final : public Stream {
 public:
  Guest(std::shared_ptr<Room> room, CallerId caller, StreamPtr inner)
      : room_(std::move(room)), caller_(caller), inner_(std::move(inner)) {
    room_->guests.emplace(caller_, this);
  }
  ~Guest() override {
    room_->guests.erase(caller_);
    room_->admitted.erase(caller_);
    room_->door.on_gone(caller_);
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  asio::any_io_executor executor() override { return inner_->executor(); }
  const Remote& remote() const override { return inner_->remote(); }
  asio::awaitable<std::error_code> establish() override { return inner_->establish(); }
  asio::awaitable<Moved> read_some(std::array<asio::mutable_buffer, 2> buffers) override {
    return inner_->read_some(buffers);
  }
  asio::awaitable<Moved> write_some(asio::const_buffer bytes, bool more) override {
    return inner_->write_some(bytes, more);
  }
  /// Pieces go out like this: the link is of use.
  asio::awaitable<Moved> send_file(int descriptor, std::uint64_t offset, std::size_t count) override {
    room_->door.on_link_used(caller_, now());
    return inner_->send_file(descriptor, offset, count);
  }
  void acknowledge() override { inner_->acknowledge(); }
  void bound_unread(std::size_t bytes) override { inner_->bound_unread(bytes); }
  void cork(bool on) override { inner_->cork(on); }
  std::size_t unacknowledged() const override { return inner_->unacknowledged(); }
  void shutdown_send() override { inner_->shutdown_send(); }
  void close() override { inner_->close(); }
  bool is_open() const override { return inner_->is_open(); }

  CallerId caller() const { return caller_; }

 private:
  std::shared_ptr<Room> room_;
  CallerId caller_;
  StreamPtr inner_;
};

void Doorway::Room::carry_out() {
  while (const auto effect = door.poll_effect()) {
    if (const auto* const admit = std::get_if<Admit>(&*effect)) {
      admitted.insert_or_assign(admit->caller, *admit);
      continue;
    }
    const auto& [caller, why, reason] = std::get<Dismiss>(*effect);
    if (why != Dismissal::unknown)
      turn_away({reason, kind_of(why)});
    else
      spdlog::info("turned a connection away: {}", reason);
    // On a sealed connection an end without a farewell would be one that was cut off by somebody else.
    guests.at(caller)->shutdown_send();
    guests.at(caller)->close();
  }
  const Instant deadline = door.next_deadline();
  if (deadline == timer_at) return;
  timer_at = deadline;
  timer.expires_at(to_steady(deadline));
  timer.async_wait([weak = weak_from_this()](const std::error_code& error) {
    const auto room = weak.lock();
    if (error || !room) return;
    room->timer_at = kNever;
    room->door.on_timer(now());
    room->carry_out();
  });
}

void Doorway::Room::turn_away(const StrangerClosed& end) const {
  log_diagnostic(end);
  if (hooks.turned_away) hooks.turned_away(end);
}

/// Lets a caller prove who it is, where that is asked for, reads its first bytes, and hands it on.
asio::awaitable<void> Doorway::Room::receive(std::shared_ptr<Room> room, CallerId caller, StreamPtr stream) {
  const std::error_code unsealed = co_await stream->establish();
  if (!stream->is_open()) co_return;
  if (unsealed) {
    if (!room->closed) room->turn_away({unsealed.message(), EndKind::refused});
    co_return;
  }
  if (const auto& proof = stream->remote().proof) room->door.on_proven(caller, *proof, now());
  std::vector<std::byte> bytes(kHandshakeBytes);
  for (std::size_t count = 0; count < bytes.size();) {
    const std::array<asio::mutable_buffer, 2> rest{asio::buffer(bytes) + count, asio::mutable_buffer()};
    const Moved moved = co_await stream->read_some(rest);
    if (!stream->is_open()) co_return;
    if (moved.error) {
      if (!room->closed)
        room->turn_away({moved.error == asio::error::eof ? "the remote ended the connection" : moved.error.message()});
      co_return;
    }
    count += moved.bytes;
    const auto received = std::span(bytes).first(count);
    room->door.on_bytes(caller, received, now());
    room->carry_out();
    if (!stream->is_open()) co_return;
    bytes.resize(Door::greeting_bytes(received));
  }
  const auto found = room->admitted.find(caller);
  if (found == room->admitted.end() || room->closed) co_return;
  const Admit admit = found->second;
  room->admitted.erase(found);
  if (admit.use == Use::exchange) {
    room->hooks.exchange(std::move(stream), admit);
  } else if (admit.use == Use::members) {
    co_await give_members(room, admit, std::move(stream));
  } else {
    auto text = room->hooks.text(admit.use, admit.content);
    co_await give_text(room, admit, std::move(text), std::move(stream));
  }
}

asio::awaitable<void> Doorway::Room::give_members(std::shared_ptr<Room> room, Admit admit, StreamPtr stream) {
  std::vector<std::byte> bytes(kIntroductionBytes);
  Moved moved = co_await read_all(*stream, asio::buffer(bytes));
  if (moved.error || room->closed) co_return;
  bytes.resize(introduction_bytes(std::span(bytes).first<kIntroductionBytes>()));
  moved = co_await read_all(*stream, asio::buffer(bytes) + kIntroductionBytes);
  if (moved.error || room->closed) co_return;
  const auto introduction = decode_introduction(bytes);
  if (!introduction) {
    room->turn_away({"protocol violation: it asks for members and sends no introduction", EndKind::refused});
    co_return;
  }
  auto text = room->hooks.members(stream->remote(), *introduction);
  co_await give_text(room, admit, std::move(text), std::move(stream));
}

/// Writes it and waits until the other end closes: closing first could cut off what is on its way.
asio::awaitable<void> Doorway::Room::give_text(std::shared_ptr<Room> room, Admit admit,
                                               std::shared_ptr<const std::string> text, StreamPtr stream) {
  const Bytes opening = opening_of(room->self, admit, text.get());
  Moved moved = co_await write_all(*stream, asio::buffer(opening), text != nullptr);
  for (std::size_t sent = 0; text && !moved.error && sent < text->size(); sent += moved.bytes) {
    room->door.on_text_moved(admit.caller, now());
    const std::size_t chunk = std::min(kChunkBytes, text->size() - sent);
    moved = co_await stream->write_some(asio::buffer(text->data() + sent, chunk), sent + chunk < text->size());
  }
  if (moved.error) co_return;
  room->door.on_text_written(admit.caller, now());
  room->carry_out();
  stream->shutdown_send();
  std::array<std::byte, 64> nothing;
  const std::array<asio::mutable_buffer, 2> drain{asio::buffer(nothing), asio::mutable_buffer()};
  while (!moved.error) moved = co_await stream->read_some(drain);
}

Doorway::Doorway(asio::io_context& io, PeerId self, const DoorLimits& limits, const DoorUses& uses, Hooks hooks)
    : room_(std::make_shared<Room>(io, self, limits, uses, std::move(hooks))) {}

Doorway::~Doorway() {
  // What they lead to may be gone.
  room_->hooks = {};
  close();
}

void Doorway::accept(StreamPtr stream) {
  if (room_->closed) return;
  const CallerId caller = room_->door.accept(origin_of(stream->remote().address), now());
  auto guest = std::make_unique<Room::Guest>(room_, caller, std::move(stream));
  room_->carry_out();
  spawn(room_->io, Room::receive(room_, caller, std::move(guest)));
}

void Doorway::set_limits(const DoorLimits& limits) { room_->door.set_limits(limits); }

bool Doorway::make_room() {
  const bool made = room_->door.make_room(now());
  room_->carry_out();
  return made;
}

bool Doorway::anybody_greets() const { return room_->door.greeting() > 0; }

void Doorway::close() {
  if (std::exchange(room_->closed, true)) return;
  room_->door.close(now());
  room_->carry_out();
  room_->timer.cancel();
}

}  // namespace p2p
