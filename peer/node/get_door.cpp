#include "peer/node/get_door.hpp"

#include <utility>

#include "config/catalog.hpp"
#include "config/hex.hpp"
#include "peer/discovery/catalog_link.hpp"
#include "peer/discovery/member_link.hpp"
#include "peer/net/descriptors.hpp"

namespace p2p {

GetDoor::GetDoor(asio::io_context& io, PeerId self, std::string network, const std::string& host, std::uint16_t port)
    : network_(std::move(network)),
      host_(host),
      members_key_(p2p::members_key(network_)),
      listener_(io, host, port),
      doorway_(io, self, DoorLimits::open(spare_connections(0)), *this,
               {.exchange =
                    [this](StreamPtr stream, const Admit& admit) {
                      if (offer_) offer_->exchange(std::move(stream), admit.handshake);
                    },
                .text = [this](Use use, const ContentPrefix&) { return text(use); },
                .members = [this](const Remote& from,
                                  const Introduction& introduction) { return members_(from, introduction); }}) {
  listener_.start([this](StreamPtr stream) { doorway_.accept(std::move(stream)); },
                  [this] { return doorway_.make_room(); });
}

void GetDoor::offer(std::optional<Offer> offer) {
  offer_ = std::move(offer);
  questions_.clear();
  if (!offer_) return;
  const std::string& name = offer_->name;
  for (const std::string& question : {std::string(), std::string("/"), name, config::to_hex(offer_->known->id)})
    questions_.insert(catalog_key(network_, question));
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
    questions_.insert(catalog_key(network_, name.substr(0, slash + 1)));
}

void GetDoor::answer_members(
    std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> text) {
  members_ = std::move(text);
}

void GetDoor::close() {
  listener_.stop();
  doorway_.close();
  offer_.reset();
}

bool GetDoor::exchanges(const std::optional<ContentPrefix>& content) const {
  return offer_ && content && *content == prefix_of(offer_->known->id);
}

/// Asked when a text's caller has been let in; what it came for may be gone by now.
std::shared_ptr<const std::string> GetDoor::text(Use use) const {
  if (!offer_) return nullptr;
  if (use == Use::manifest) return {offer_->known, &offer_->known->text};
  const config::CatalogEntry entry{.name = offer_->name,
                                   .size = offer_->known->manifest.total_size(),
                                   .content_id = offer_->known->id,
                                   .part = !offer_->is_complete()};
  return std::make_shared<const std::string>(config::catalog_text({entry}));
}

}  // namespace p2p
