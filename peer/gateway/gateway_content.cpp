#include "peer/gateway/gateway_content.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "config/hex.hpp"
#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

// Whom we remember, beside those who are found anew.
constexpr std::size_t kMostHolders = 256;

}  // namespace

Instant GatewayContent::now_() { return now(); }

GatewayContent::GatewayContent(const Common& common, ManifestPtr known, std::unique_ptr<PieceStore> store,
                               std::string name, const std::optional<Origin>& origin)
    : common_(common),
      name_(std::move(name)),
      fetch_(common.io, common.self, known, std::move(store),
             {.port = common.port,
              .board = common.board,
              .name = std::make_shared<const std::string>(name_),
              .for_readers = true,
              .upstream = origin ? std::optional(origin->upstream) : std::nullopt},
             {.on_complete = origin ? origin->on_complete : [] {},
              .on_offering = [this](std::uint32_t count) { offering_ = count; }}),
      search_(common.io, common.discovery,
              {.self = common.self,
               .network = common.network,
               .wanted = config::to_hex(known->id),
               .id = known->id,
               .join = common.join}),
      has_origin_(origin.has_value()),
      alone_since_(now()),
      used_(now()),
      asked_(used_) {
  fetch_.readers().set_options({.on_wanted = [this] {
    used_ = now();
    fetch_.want(wanted());
  }});
  fetch_.start();
}

/// The pieces that readers have before them. Of a content that is large for the cache they get their windows and some
/// more, so that what is fetched does not push out what they will read.
std::vector<PieceRange> GatewayContent::wanted() const {
  const std::vector<FetchReaders::Pieces> all = fetch_.readers().wanted();
  const std::uint32_t piece_size = fetch_.geometry().piece_size();
  std::uint32_t most = UINT32_MAX;
  if (fetch_.geometry().total_size() > common_.ahead && !all.empty())
    most = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(common_.ahead / all.size() / piece_size,
                                                                FetchReaders::window(piece_size), UINT32_MAX));
  std::vector<PieceRange> ranges;
  for (const FetchReaders::Pieces& each : all)
    ranges.push_back({each.first, each.end - each.first > most ? each.first + most : each.end});
  return ranges;
}

void GatewayContent::add_holders(const std::vector<Holder>& holders) {
  for (const Holder& holder : holders) {
    if (holders_.size() < kMostHolders) holders_.insert(holder.address);
    fetch_.add_holder(holder);
  }
  if (!holders.empty()) look_at_ = std::max(look_at_, now() + kSearchInterval);
}

bool GatewayContent::in_use() const { return is_read() || now() - std::max(served_, asked_) < kLately; }

void GatewayContent::look() {
  looking_ = true;
  search_.run(
      fetch_.linked(), holders_, [this](const Holder& holder) { add_holders({holder}); },
      [this] {
        looking_ = false;
        look_at_ = now() + kSearchInterval;
      });
}

void GatewayContent::tick(Instant at) {
  fetch_.sample_rates(at);
  if (std::exchange(sent_, fetch_.traffic().sent) != fetch_.traffic().sent) served_ = at;
  if (in_use()) used_ = at;
  if (finishing_ || !is_read() || is_complete()) {
    alone_since_ = at;
    return;
  }
  fetch_.show_progress();
  if (!looking_ && at >= look_at_) look();
  mind_readers_alone(at);
}

/// No holder is left: readers that wait are told so, and which pieces are missing.
void GatewayContent::mind_readers_alone(Instant at) {
  if (has_origin_ || offering_ > 0 || !fetch_.lacks_what_is_wanted()) alone_since_ = at;
  if (at - alone_since_ < kAlonePatience) return;
  alone_since_ = at;
  fetch_.readers().fail_waiting("no holder is left that has what is missing: " + fetch_.explain());
}

std::uint64_t GatewayContent::give_up(std::uint64_t bytes) {
  const std::vector<PieceRange> ranges = wanted();
  const auto is_wanted = [&](PieceIndex piece) {
    return std::ranges::any_of(
        ranges, [&](const PieceRange& range) { return range.first <= piece.value && piece.value < range.end; });
  };
  std::vector<PieceIndex> pieces;
  std::uint64_t given = 0;
  fetch_.stored().for_each([&](PieceIndex piece) {
    if (given >= bytes || is_wanted(piece)) return;
    pieces.push_back(piece);
    given += fetch_.geometry().size_of(piece);
  });
  if (pieces.empty() || is_complete()) return 0;
  spdlog::info("{} gives up {} pieces, because the cache is full", name_, pieces.size());
  fetch_.forget(pieces);
  return given;
}

void GatewayContent::finish(std::function<void()> on_finished) {
  finishing_ = true;
  fetch_.finish(std::move(on_finished));
}

}  // namespace p2p
