#include "protocol/wire/decoder.hpp"

#include <algorithm>
#include <string>

#include "protocol/assert.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kFrameStartBytes = 5;  // length and type

}  // namespace

Decoder::Decoder(const Geometry& geometry)
    : geometry_(geometry),
      longest_(std::max(5 + geometry.size_of(PieceIndex{0}), std::max(5u, 1 + geometry.bitfield_bytes()))) {}

void Decoder::payload_taken(std::uint32_t bytes) {
  P2P_ASSERT(bytes <= payload_left_);
  payload_left_ -= bytes;
}

/// Collects input in head_ until it holds `bytes`; true when it does.
bool Decoder::fill(std::size_t bytes, std::span<const std::byte>& input) {
  const std::size_t n = std::min(bytes - head_filled_, input.size());
  std::copy_n(input.begin(), n, head_.begin() + static_cast<std::ptrdiff_t>(head_filled_));
  head_filled_ += n;
  input = input.subspan(n);
  return head_filled_ == bytes;
}

Decoded Decoder::take_handshake(std::span<const std::byte>& input) {
  const bool whole = fill(kHandshakeBytes, input);
  if (auto wrong = check_handshake_prefix(std::span(head_).first(head_filled_))) return std::move(*wrong);
  if (!whole) return NeedInput{};
  head_filled_ = 0;
  expect_ = Expect::frame_start;
  return decode_handshake(head_);
}

Decoded Decoder::next(std::span<const std::byte>& input) {
  P2P_ASSERT(payload_left_ == 0);
  for (;;) {
    switch (expect_) {
      case Expect::handshake:
        return take_handshake(input);

      case Expect::frame_start: {
        // The length alone first: a zero length is a whole frame without a type.
        if (head_filled_ < kLengthBytes) {
          if (!fill(kLengthBytes, input)) return NeedInput{};
          length_ = load_u32(std::span(head_).first<kLengthBytes>());
          if (length_ == 0) {
            head_filled_ = 0;
            continue;
          }
        }
        if (!fill(kFrameStartBytes, input)) return NeedInput{};
        head_filled_ = 0;
        Decoded step = on_frame_start();
        if (std::holds_alternative<NeedInput>(step)) continue;
        return step;
      }

      case Expect::index:
        if (!fill(4, input)) return NeedInput{};
        head_filled_ = 0;
        return on_index();

      case Expect::bitfield: {
        const std::size_t n = std::min<std::size_t>(length_ - 1 - bitfield_.size(), input.size());
        bitfield_.insert(bitfield_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n));
        input = input.subspan(n);
        if (bitfield_.size() < length_ - 1) return NeedInput{};
        return on_bitfield();
      }

      case Expect::skip: {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(skip_left_, input.size()));
        input = input.subspan(n);
        skip_left_ -= n;
        if (skip_left_ > 0) return NeedInput{};
        expect_ = Expect::frame_start;
        continue;
      }
    }
  }
}

/// Judges length and type, which stand in length_ and head_. NeedInput means: go on in the state that is now set.
Decoded Decoder::on_frame_start() {
  const auto raw_type = std::to_integer<std::uint8_t>(head_[kLengthBytes]);
  if (raw_type > static_cast<std::uint8_t>(MessageType::piece)) return unknown_type(raw_type);
  type_ = MessageType{raw_type};
  switch (type_) {
    case MessageType::choke:
    case MessageType::unchoke:
    case MessageType::interested:
    case MessageType::not_interested:
      if (length_ != 1) return bad_length(name_of(type_), 1);
      if (type_ == MessageType::choke) return Message{Choke{}};
      if (type_ == MessageType::unchoke) return Message{Unchoke{}};
      if (type_ == MessageType::interested) return Message{Interested{}};
      return Message{NotInterested{}};
    case MessageType::have:
    case MessageType::request:
      if (length_ != 5) return bad_length(name_of(type_), 5);
      expect_ = Expect::index;
      return NeedInput{};
    case MessageType::piece:
      if (length_ < 5 || length_ > 5 + geometry_.size_of(PieceIndex{0})) return bad_length("piece", 5 + geometry_.size_of(PieceIndex{0}));
      expect_ = Expect::index;
      return NeedInput{};
    case MessageType::bitfield:
      if (length_ != 1 && length_ != 1 + geometry_.bitfield_bytes()) return bad_length("bitfield", 1 + geometry_.bitfield_bytes());
      if (length_ == 1) return Message{BitfieldMessage{Bitfield(geometry_.piece_count())}};
      bitfield_.reserve(length_ - 1);
      expect_ = Expect::bitfield;
      return NeedInput{};
  }
  P2P_ASSERT(false);
  return NeedInput{};
}

Decoded Decoder::on_index() {
  expect_ = Expect::frame_start;
  const PieceIndex piece{load_u32(std::span(head_).first<4>())};
  if (!geometry_.contains(piece))
    return Violation{std::string(name_of(type_)) + " for piece " + std::to_string(piece.value) + ", expected 0 to " +
                     std::to_string(geometry_.piece_count() - 1)};
  if (type_ == MessageType::have) return Message{Have{piece}};
  if (type_ == MessageType::request) return Message{Request{piece}};
  if (length_ - 5 != geometry_.size_of(piece))
    return Violation{"piece " + std::to_string(piece.value) + " with " + std::to_string(length_ - 5) + " bytes, expected " +
                     std::to_string(geometry_.size_of(piece))};
  payload_left_ = length_ - 5;
  return Message{PieceHead{piece, payload_left_}};
}

Decoded Decoder::on_bitfield() {
  expect_ = Expect::frame_start;
  auto pieces = Bitfield::from_wire(bitfield_, geometry_.piece_count());
  bitfield_ = {};
  if (auto* violation = std::get_if<Violation>(&pieces)) return std::move(*violation);
  return Message{BitfieldMessage{std::move(std::get<Bitfield>(pieces))}};
}

Violation Decoder::bad_length(std::string_view what, std::uint32_t expected) const {
  std::string reason(what);
  reason += " with length " + std::to_string(length_) + ", expected " + (what == "piece" ? "5 to " : "") + std::to_string(expected);
  if (const std::uint32_t swapped = detail::byte_swapped(length_); length_ > longest_ && swapped >= 1 && swapped <= longest_)
    reason += " (" + std::to_string(swapped) + " in little-endian order; lengths are big-endian)";
  return Violation{std::move(reason)};
}

Decoded Decoder::unknown_type(std::uint8_t type) {
  if (length_ > longest_) {
    Violation violation = bad_length("unknown message type " + std::to_string(type), longest_);
    return violation;
  }
  skip_left_ = length_ - 1;
  expect_ = Expect::skip;
  return Message{UnknownMessage{type, length_}};
}

}  // namespace p2p
