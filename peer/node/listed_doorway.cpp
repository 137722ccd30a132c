#include "peer/node/listed_doorway.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "peer/net/descriptors.hpp"

namespace p2p {
ListedDoorway::ListedDoorway(asio::io_context& io, Listener& listener, const Plan& plan)
    : listener_(listener),
      listed_(plan.listed),
      extended_(plan.extended),
      wanted_(plan.manifest),
      doorway_(io, plan.self, DoorLimits::listed(plan.peers, spare_connections(plan.peers)), *this,
               {.exchange = [this](StreamPtr stream, const Admit& admit) { take(std::move(stream), admit); },
                .text =
                    [this](Use, const ContentPrefix&) {
                      return manifest_ ? std::shared_ptr<const std::string>(manifest_, &manifest_->text) : nullptr;
                    },
                .turned_away =
                    [this](const StrangerClosed& end) {
                      if (on_turned_away_) on_turned_away_(end);
                    }}) {
  listener_.start([this](StreamPtr stream) { doorway_.accept(std::move(stream)); },
                  [this] { return doorway_.make_room(); });
}

void ListedDoorway::lead_to(Exchange& exchange, std::function<void(const StrangerClosed&)> on_turned_away) {
  exchange_ = &exchange;
  on_turned_away_ = std::move(on_turned_away);
  for (Early& early : std::exchange(early_, {})) exchange.add_accepted(std::move(early.stream), early.handshake);
}

void ListedDoorway::relist(std::vector<PeerId> listed, std::uint32_t peers) {
  listed_ = std::move(listed);
  std::erase_if(early_, [this](const Early& each) { return !lists(each.handshake.peer); });
  doorway_.set_limits(DoorLimits::listed(peers, spare_connections(peers)));
}

bool ListedDoorway::lists(PeerId peer) const { return std::ranges::find(listed_, peer) != listed_.end(); }

void ListedDoorway::close() {
  listener_.stop();
  doorway_.close();
}

void ListedDoorway::take(StreamPtr stream, const Admit& admit) {
  if (exchange_) return exchange_->add_accepted(std::move(stream), admit.handshake);
  const PeerId peer = admit.handshake.peer;
  if (!lists(peer)) return;
  std::erase_if(early_, [peer](const Early& each) { return each.handshake.peer == peer; });
  early_.push_back({std::move(stream), admit.handshake});
}

}  // namespace p2p
