#include "protocol/swarm/demand.hpp"

#include <algorithm>
#include <utility>

namespace p2p {
namespace {

/// The same pieces, in ranges that are ascending and apart from each other.
std::vector<PieceRange> merged(std::vector<PieceRange> ranges, std::uint32_t piece_count) {
  for (PieceRange& range : ranges) range.end = std::min(range.end, piece_count);
  std::erase_if(ranges, [](const PieceRange& range) { return range.first >= range.end; });
  std::ranges::sort(ranges, {}, &PieceRange::first);
  std::vector<PieceRange> apart;
  for (const PieceRange& range : ranges)
    if (apart.empty() || range.first > apart.back().end)
      apart.push_back(range);
    else
      apart.back().end = std::max(apart.back().end, range.end);
  return apart;
}

}  // namespace

Demand::Demand(const Bitfield& stored)
    : wanted_(stored.size()), stored_(stored), unwanted_(Bitfield::full(stored.size())) {}

std::vector<PieceIndex> Demand::set(std::vector<PieceRange> ranges) {
  ranges = merged(std::move(ranges), stored_.size());
  // Where one of both lists begins or ends a range; a piece has changed that is in one of them and not in the other.
  std::vector<std::uint32_t> borders;
  for (const std::vector<PieceRange>* const list : {&ranges_, &ranges})
    for (const PieceRange& range : *list) borders.insert(borders.end(), {range.first, range.end});
  std::ranges::sort(borders);
  std::vector<PieceIndex> changed;
  for (std::size_t i = 0; i + 1 < borders.size(); i += 2)
    for (PieceIndex piece{borders[i]}; piece.value < borders[i + 1]; ++piece.value) changed.push_back(piece);
  ranges_ = std::move(ranges);
  for (const PieceIndex piece : changed) change(piece);
  return changed;
}

void Demand::change(PieceIndex piece) {
  if (!wanted_.reset(piece)) wanted_.set(piece);
  if (!wants(piece))
    unwanted_.set(piece);
  else if (!stored_.test(piece))
    unwanted_.reset(piece);
}

void Demand::on_lost(PieceIndex piece) {
  stored_.reset(piece);
  if (wants(piece)) unwanted_.reset(piece);
}

}  // namespace p2p
