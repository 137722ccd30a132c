#include "peer/discovery/local_search.hpp"

#include <utility>

#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

// 239.255/16 is for one site and ff12 for one link; the rest spells "p2" and "p2pe".
const MulticastGroup kGroup{asio::ip::address_v4({239, 255, 0x70, 0x32}),
                            asio::ip::address_v6({0xff, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x70, 0x32, 0x70, 0x65}),
                            LocalSearch::kPort};

}  // namespace

LocalSearch::LocalSearch(asio::io_context& io, const Network& network, std::optional<Self> self, bool loopback_only,
                         std::function<void(const asio::ip::address& ip, std::uint16_t port)> on_node)
    : beacons_(network),
      self_(self),
      on_node_(std::move(on_node)),
      timer_(io),
      socket_(io, kGroup, loopback_only,
              [this](std::span<const std::byte> bytes, const asio::ip::address& from,
                     const MulticastSocket::Reply& reply) { take(bytes, from, reply); }) {
  if (self_) tell();
}

void LocalSearch::show(const Self& self) {
  self_ = self;
  tell();
}

void LocalSearch::ask() { socket_.send(beacons_.who_is_there()); }

void LocalSearch::tell() {
  socket_.send(here());
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) tell();
  });
}

void LocalSearch::take(std::span<const std::byte> bytes, const asio::ip::address& from,
                       const MulticastSocket::Reply& reply) {
  const auto beacon = beacons_.hear(bytes, now());
  if (!beacon) return;
  if (beacon->kind == Beacon::Kind::who_is_there) {
    if (self_) reply(here());
    return;
  }
  const bool is_ours = self_ && beacon->peer == self_->peer;
  if (!is_ours) on_node_(from, beacon->port);
}

}  // namespace p2p
