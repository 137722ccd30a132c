#include "peer/node/get_door.hpp"

#include <algorithm>
#include <utility>

#include "config/catalog.hpp"
#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "peer/discovery/catalog_link.hpp"
#include "peer/discovery/member_link.hpp"
#include "peer/net/descriptors.hpp"

namespace p2p {

namespace {

std::string host_for(const std::vector<Address>& join) {
  return std::ranges::all_of(join, [](const Address& each) { return is_loopback(each.host); }) ? "localhost" : "";
}

}  // namespace

GetDoor::GetDoor(asio::io_context& io, PeerId self, Network network, const std::vector<Address>& join,
                 std::uint16_t port)
    : self_(self),
      network_(std::move(network)),
      host_(host_for(join)),
      members_key_(p2p::members_key(network_)),
      listener_(io, host_, port),
      doorway_(io, self, DoorLimits::open(spare_connections(0)), *this,
               {.exchange =
                    [this](StreamPtr stream, const Admit& admit) {
                      if (const Offer* const offer = offer_of(admit.content))
                        offer->exchange(std::move(stream), admit.handshake);
                    },
                .text = [this](Use use, const ContentPrefix& key) { return text(use, key); },
                .members =
                    [this](const Remote& from, const Introduction& introduction) {
                      return discovery_->answer(from.address, introduction);
                    }}) {
  listener_.start([this](StreamPtr stream) { doorway_.accept(std::move(stream)); },
                  [this] { return doorway_.make_room(); });
}

void GetDoor::offer(Offer offer) {
  const std::string name = offer.name;
  withdraw(name);
  for (const std::string& question : {std::string(), std::string("/"), name, config::to_hex(offer.known->id)})
    questions_[catalog_key(network_, question)].insert(name);
  for (const std::string_view folder : config::folders_of(name))
    questions_[catalog_key(network_, std::string(folder) + "/")].insert(name);
  offers_.emplace(name, std::move(offer));
}

void GetDoor::withdraw(const std::string& name) {
  if (offers_.erase(name) == 0) return;
  for (auto& [question, names] : questions_) names.erase(name);
  std::erase_if(questions_, [](const auto& each) { return each.second.empty(); });
}

void GetDoor::settle(MemberDiscovery& discovery) {
  if (std::exchange(discovery_, &discovery) == nullptr) discovery.settle({self_, host_, port()});
}

void GetDoor::close() {
  listener_.stop();
  doorway_.close();
  offers_.clear();
  questions_.clear();
}

const GetDoor::Offer* GetDoor::offer_of(const ContentPrefix& content) const {
  const auto found =
      std::ranges::find_if(offers_, [&](const auto& each) { return prefix_of(each.second.known->id) == content; });
  return found == offers_.end() ? nullptr : &found->second;
}

bool GetDoor::exchanges(const std::optional<ContentPrefix>& content) const { return content && offer_of(*content); }

/// Asked when a text's caller has been let in; what it came for may be gone by now.
std::shared_ptr<const std::string> GetDoor::text(Use use, const ContentPrefix& key) const {
  if (use == Use::manifest) {
    const Offer* const offer = offer_of(key);
    return offer ? std::shared_ptr<const std::string>(offer->known, &offer->known->text) : nullptr;
  }
  const auto names = questions_.find(key);
  if (names == questions_.end()) return nullptr;
  std::vector<config::CatalogEntry> entries;
  for (const std::string& name : names->second) {
    const Offer& offer = offers_.at(name);
    entries.push_back({.name = name,
                       .size = offer.known->manifest.total_size(),
                       .content_id = offer.known->id,
                       .part = !offer.is_complete(),
                       .copy = offer.is_complete()});
  }
  return std::make_shared<const std::string>(config::catalog_text(entries));
}

}  // namespace p2p
