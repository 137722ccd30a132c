// Peers that name each other, from any bytes: what is decoded keeps its invariants and is written again as it came; and
// an open swarm that hears it meets nobody whom it must not, no more of them than it may, and names nobody whom it must
// not.
#include <algorithm>
#include <map>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

constexpr ContentPrefix kContent{std::byte{7}};

Endpoint any_place(fuzz::ByteSource& input) {
  Endpoint place{.port = static_cast<std::uint16_t>(40'000 + input.byte())};
  place.ip[10] = place.ip[11] = std::byte{0xff};
  place.ip[12] = std::byte(input.flag() ? 127 : 10);
  place.ip[15] = std::byte(1 + input.below(8));
  return place;
}

class Play {
 public:
  explicit Play(fuzz::ByteSource& input)
      : input_(input),
        seed_(input.byte()),
        swarm_({.self = PeerId{1},
                .listed = {PeerId{1}},
                .geometry = Geometry(64, 8),
                .preferred_neighbors = 2,
                .unchoking_interval = std::chrono::seconds(5),
                .optimistic_interval = std::chrono::seconds(15),
                .content = kContent,
                .open = true,
                .listens_at = 7000,
                .wanted_neighbors = 1 + input.below(60)},
               Bitfield(8), seed_, now_) {}

  void run() {
    while (!input_.empty()) {
      switch (input_.below(4)) {
        case 0: come(); break;
        case 1: speak(); break;
        case 2: go(); break;
        default: pass(std::chrono::milliseconds(100 * input_.byte()));
      }
      settle();
    }
    const auto allowed = PeerBook::kDialBurst + (now_ - Instant{}) / PeerBook::kDialInterval;
    P2P_ASSERT(met_ <= static_cast<std::uint64_t>(allowed) + 1);
  }

 private:
  struct Remote {
    LinkId link;
    Endpoint place;
    Decoder hears;
    Decoder says;
    bool ended = false;
  };

  void come() {
    if (remotes_.size() >= 16) return;
    const Endpoint place = any_place(input_);
    const LinkId link = swarm_.on_accepted(place.origin(), now_);
    swarm_.on_remote(link, place);
    Remote remote{link, place, Decoder(swarm_.geometry(), true), Decoder(swarm_.geometry(), true)};
    Bytes hello;
    append_handshake(
        {PeerId{2 + input_.below(12)}, encode(Features{.names_peers = input_.flag(), .content = kContent})}, hello);
    remotes_.emplace(link, std::move(remote));
    hear(link, hello);
  }

  void speak() {
    if (remotes_.empty()) return;
    auto it = remotes_.begin();
    std::advance(it, input_.below(static_cast<std::uint32_t>(remotes_.size())));
    const auto payload = input_.bytes(input_.below(3) * kNamedPeerBytes + input_.below(4));
    Bytes frame{std::byte{0}, std::byte{0}, std::byte{0}, std::byte(1 + payload.size()), std::byte{kPeersType}};
    frame.insert(frame.end(), payload.begin(), payload.end());
    hear(it->first, frame);
  }

  void hear(LinkId link, std::span<const std::byte> bytes) {
    Remote& remote = remotes_.at(link);
    while (!bytes.empty() && !remote.ended) {
      const Bytes before(bytes.begin(), bytes.end());
      const Decoded item = remote.says.next(bytes);
      if (const auto* shown = std::get_if<Handshake>(&item)) swarm_.on_handshake(link, *shown, now_);
      if (const auto* violation = std::get_if<Violation>(&item)) {
        remote.ended = true;
        swarm_.on_violation(link, *violation, now_);
      }
      const auto* message = std::get_if<Message>(&item);
      if (const auto* named = message ? std::get_if<PeersMessage>(message) : nullptr) {
        Bytes again;
        append_peers(named->port, *named->peers, again);
        P2P_ASSERT(again == before);
        swarm_.on_message(link, *message, now_);
      }
    }
  }

  void go() {
    if (remotes_.empty()) return;
    const LinkId link = remotes_.begin()->first;
    remotes_.erase(link);
    swarm_.on_closed(link, "gone", now_);
  }

  void pass(Duration time) {
    const Instant until = now_ + time;
    while (swarm_.next_deadline() <= until) {
      now_ = std::max(now_, swarm_.next_deadline());
      swarm_.on_timer(now_);
      settle();
    }
    now_ = until;
  }

  void settle() {
    while (const auto effect = swarm_.poll_effect()) {
      if (const auto* meet = std::get_if<Meet>(&*effect)) {
        const Endpoint& place = meet->peer.place;
        P2P_ASSERT(place.port >= kSmallestNamedPort && place.is_one_machine() && meet->peer.peer != PeerId{1});
        ++met_;
      } else if (const auto* end = std::get_if<Disconnect>(&*effect)) {
        remotes_.erase(end->link);
        swarm_.on_closed(end->link, end->reason, now_);
      }
    }
    for (auto& [link, remote] : remotes_) check_what_it_hears(link, remote);
  }

  void check_what_it_hears(LinkId link, Remote& remote) {
    Bytes out;
    swarm_.poll_send(link, out);
    for (std::span<const std::byte> bytes(out); !bytes.empty();) {
      const Decoded item = remote.hears.next(bytes);
      P2P_ASSERT(!std::holds_alternative<Violation>(item) && !std::holds_alternative<NeedInput>(item));
      const auto* message = std::get_if<Message>(&item);
      const auto* named = message ? std::get_if<PeersMessage>(message) : nullptr;
      if (!named) continue;
      P2P_ASSERT(named->port == 7000);
      for (const NamedPeer& each : *named->peers) {
        P2P_ASSERT(!each.place.is_loopback() || remote.place.is_loopback());
        const auto is_it = [&](const auto& other) {
          return other.second.place.ip == each.place.ip && other.first != link;
        };
        P2P_ASSERT(std::ranges::any_of(remotes_, is_it));
      }
    }
  }

  fuzz::ByteSource& input_;
  std::uint8_t seed_;
  Instant now_{};
  Swarm swarm_;
  std::map<LinkId, Remote> remotes_;
  std::uint64_t met_ = 0;
};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource source(data, size);
  p2p::Play(source).run();
  return 0;
}
