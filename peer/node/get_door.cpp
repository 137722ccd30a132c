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

std::string GetDoor::label_of(const ContentId& id) { return config::to_hex(id); }

void GetDoor::offer(Offer offer) {
  const std::string label = offer.name.value_or(label_of(offer.id));
  withdraw(label);
  questions_[catalog_key(network_, config::to_hex(offer.id))].insert(label);
  if (offer.name) {
    for (const std::string& question : {std::string(), std::string("/"), *offer.name})
      questions_[catalog_key(network_, question)].insert(label);
    for (const std::string_view folder : config::folders_of(*offer.name))
      questions_[catalog_key(network_, std::string(folder) + "/")].insert(label);
  }
  labels_[prefix_of(offer.id)].insert(label);
  offers_.emplace(label, std::move(offer));
}

void GetDoor::withdraw(const std::string& name) {
  const auto gone = offers_.extract(name);
  if (!gone) return;
  for (auto& [question, names] : questions_) names.erase(name);
  std::erase_if(questions_, [](const auto& each) { return each.second.empty(); });
  const auto labels = labels_.find(prefix_of(gone.mapped().id));
  labels->second.erase(name);
  if (labels->second.empty()) labels_.erase(labels);
}

void GetDoor::settle(MemberDiscovery& discovery) {
  if (std::exchange(discovery_, &discovery) == nullptr) discovery.settle({self_, host_, port()});
}

void GetDoor::close() {
  listener_.stop();
  doorway_.close();
  offers_.clear();
  questions_.clear();
  labels_.clear();
}

const GetDoor::Offer* GetDoor::offer_of(const ContentPrefix& content) const {
  const auto labels = labels_.find(content);
  return labels == labels_.end() ? nullptr : &offers_.at(*labels->second.begin());
}

bool GetDoor::exchanges(const std::optional<ContentPrefix>& content) const { return content && offer_of(*content); }

/// Asked when a text's caller has been let in; what it came for may be gone by now.
std::shared_ptr<const std::string> GetDoor::text(Use use, const ContentPrefix& key) const {
  if (use == Use::manifest) {
    const Offer* const offer = offer_of(key);
    return offer ? offer->manifest() : nullptr;
  }
  const auto names = questions_.find(key);
  if (names == questions_.end()) return nullptr;
  std::vector<config::CatalogEntry> entries;
  for (const std::string& name : names->second) {
    const Offer& offer = offers_.at(name);
    entries.push_back({.name = name,
                       .size = offer.size,
                       .content_id = offer.id,
                       .part = !offer.is_complete(),
                       .copy = offer.is_complete()});
  }
  return std::make_shared<const std::string>(config::catalog_text(entries));
}

}  // namespace p2p
