#include "protocol/wire/decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {

namespace {

// Chunks can be large; what is skipped need not be.
constexpr std::uint32_t kLongestBesideChunks = 64 * 1024;

constexpr std::uint8_t raw(MessageType type) { return static_cast<std::uint8_t>(type); }

/// How the type of a message is written where its length tells which one it is.
std::string_view types_of(MessageType type) {
  switch (type) {
    case MessageType::bitfield: return "a bitfield, which has type 5";
    case MessageType::piece: return "a whole piece, which has type 7";
    case MessageType::have:
    case MessageType::request: return "a have or a request, which have types 4 and 6";
    default: return "choke, unchoke, interested or not interested, which have types 0 to 3";
  }
}

}  // namespace

std::string explain_numbering(MessageType other) {
  return "the length is that of " + std::string(types_of(other)) +
         ": the remote seems to number its message types in its own way";
}

Decoder::Decoder(const Geometry& geometry, bool names_peers, bool has_upstream)
    : geometry_(geometry),
      names_peers_(names_peers),
      has_upstream_(has_upstream),
      longest_(std::max(geometry.is_learned() ? kLongestBesideChunks : 5 + geometry.largest_size(),
                        std::max(5u, 1 + geometry.bitfield_bytes()))) {}

void Decoder::payload_taken(std::uint32_t bytes) {
  P2P_ASSERT(bytes <= payload_left_);
  payload_left_ -= bytes;
}

/// The next `bytes` of the stream, once they have all come: in the input itself, or, if they came in parts, in head_.
std::optional<std::span<const std::byte>> Decoder::collect(std::size_t bytes, std::span<const std::byte>& input) {
  if (head_filled_ == 0 && input.size() >= bytes) {
    const auto whole = input.first(bytes);
    input = input.subspan(bytes);
    return whole;
  }
  const auto n = std::min<std::size_t>(bytes - head_filled_, input.size());
  std::copy_n(input.begin(), n, head_.begin() + head_filled_);
  head_filled_ += static_cast<std::uint32_t>(n);
  input = input.subspan(n);
  if (head_filled_ < bytes) return std::nullopt;
  head_filled_ = 0;
  return std::span<const std::byte>(head_).first(bytes);
}

/// A peer that has just stored a piece may announce it on a connection on which it has not yet answered our handshake.
/// Its bitfield comes later and names the piece again.
Decoded Decoder::take_handshake(std::span<const std::byte>& input) {
  while (early_haves_ < kMostEarlyHaves && (head_filled_ > 0 || !input.empty())) {
    if ((head_filled_ > 0 ? head_.front() : input.front()) != std::byte{0}) break;
    const auto whole = collect(kHaveFrameBytes, input);
    const auto seen = whole ? *whole : std::span<const std::byte>(head_).first(head_filled_);
    if (!begins_have(seen) || (whole && !geometry_.contains(PieceIndex{load_u32(whole->last<4>())})))
      return *check_handshake_prefix(seen);
    if (!whole) return NeedInput{};
    ++early_haves_;
  }
  const auto whole = collect(kHandshakeBytes, input);
  if (auto wrong = check_handshake_prefix(whole ? *whole : std::span<const std::byte>(head_).first(head_filled_)))
    return std::move(*wrong);
  if (!whole) return NeedInput{};
  expect_ = Expect::length;
  return decode_handshake(whole->first<kHandshakeBytes>());
}

Decoded Decoder::next(std::span<const std::byte>& input) {
  P2P_ASSERT(payload_left_ == 0);
  for (;;) {
    switch (expect_) {
      case Expect::handshake: return take_handshake(input);

      case Expect::length: {
        const auto length = collect(4, input);
        if (!length) return NeedInput{};
        length_ = load_u32(length->first<4>());
        // A length of zero is a whole frame without a type.
        if (length_ == 0) return Message{KeepAlive{}};
        expect_ = Expect::type;
        continue;
      }

      case Expect::type: {
        const auto type = collect(1, input);
        if (!type) return NeedInput{};
        Decoded step = on_type(std::to_integer<std::uint8_t>(type->front()));
        if (std::holds_alternative<NeedInput>(step)) continue;
        return step;
      }

      case Expect::index: {
        const auto index = collect(4, input);
        if (!index) return NeedInput{};
        return on_index(PieceIndex{load_u32(index->first<4>())});
      }

      case Expect::bitfield: return collect_body(input) ? on_bitfield() : NeedInput{};

      case Expect::announcement: return collect_body(input) ? on_announcement() : NeedInput{};

      case Expect::peers: return collect_body(input) ? on_peers() : NeedInput{};

      case Expect::suggestion: {
        const auto index = collect(4, input);
        if (!index) return NeedInput{};
        return on_suggestion(PieceIndex{load_u32(index->first<4>())});
      }

      case Expect::digest_have: return collect_body(input) ? on_digest_have() : NeedInput{};

      case Expect::fetching: return collect_body(input) ? on_fetching() : NeedInput{};

      case Expect::skip: {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(skip_left_, input.size()));
        input = input.subspan(n);
        skip_left_ -= n;
        if (skip_left_ > 0) return NeedInput{};
        expect_ = Expect::length;
        continue;
      }
    }
  }
}

/// Judges the type and length_ together. NeedInput means: go on in the state that is now set.
Decoded Decoder::on_type(std::uint8_t raw_type) {
  expect_ = Expect::length;
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
      if (length_ < 5 || length_ > 5 + geometry_.largest_size())
        return bad_length("piece", 5 + geometry_.largest_size());
      expect_ = Expect::index;
      return NeedInput{};
    case MessageType::bitfield:
      if (length_ != 1 && length_ != 1 + geometry_.bitfield_bytes())
        return bad_length("bitfield", 1 + geometry_.bitfield_bytes());
      if (length_ == 1) return Message{BitfieldMessage{Bitfield(geometry_.piece_count())}};
      body_.reserve(length_ - 1);
      expect_ = Expect::bitfield;
      return NeedInput{};
  }
  P2P_ASSERT(false);
  return NeedInput{};
}

Decoded Decoder::on_index(PieceIndex piece) {
  expect_ = Expect::length;
  if (!geometry_.contains(piece))
    return Violation{std::string(name_of(type_)) + " for piece " + std::to_string(piece.value) + ", expected 0 to " +
                     std::to_string(geometry_.piece_count() - 1) + numbering_hint(raw(type_))};
  if (type_ == MessageType::have && has_upstream_)
    return Violation{"have for piece " + std::to_string(piece.value) + " without its digest"};
  if (type_ == MessageType::have) return Message{Have{piece}};
  if (type_ == MessageType::request) return Message{Request{piece}};
  if (!geometry_.knows(piece))
    return Violation{"piece " + std::to_string(piece.value) + ", whose size and hash are not settled"};
  if (length_ - 5 != geometry_.size_of(piece))
    return Violation{"piece " + std::to_string(piece.value) + " with " + std::to_string(length_ - 5) +
                     " bytes, expected " + std::to_string(geometry_.size_of(piece)) + numbering_hint(raw(type_))};
  payload_left_ = length_ - 5;
  return Message{PieceHead{piece, payload_left_}};
}

/// False when more of the frame is to come.
bool Decoder::collect_body(std::span<const std::byte>& input) {
  const std::size_t n = std::min<std::size_t>(length_ - 1 - body_.size(), input.size());
  body_.insert(body_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n));
  input = input.subspan(n);
  return body_.size() == length_ - 1;
}

Decoded Decoder::on_announcement() {
  expect_ = Expect::length;
  const Bytes body = std::exchange(body_, {});
  const std::span<const std::byte> bytes(body);
  const PieceIndex piece{load_u32(bytes.first<4>())};
  if (!geometry_.contains(piece))
    return Violation{"announcement of piece " + std::to_string(piece.value) + ", expected 0 to " +
                     std::to_string(geometry_.piece_count() - 1)};
  const std::uint32_t size = load_u32(bytes.subspan<4, 4>());
  if (size > Geometry::kMaxChunkSize)
    return Violation{"announcement of a chunk of " + std::to_string(size) + " bytes, expected at most " +
                     std::to_string(Geometry::kMaxChunkSize)};
  auto claim = std::make_shared<ChunkClaim>(ChunkClaim{.size = size});
  std::ranges::copy(bytes.subspan(8, claim->sha256.size()), claim->sha256.begin());
  const auto name = bytes.subspan(kAnnouncementHeadBytes);
  claim->name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  return Message{ChunkAnnouncement{piece, std::move(claim)}};
}

Decoded Decoder::on_peers() {
  expect_ = Expect::length;
  const Bytes body = std::exchange(body_, {});
  std::span<const std::byte> rest(body);
  const std::uint16_t port = load_u16(rest.first<2>());
  auto peers = std::make_shared<std::vector<NamedPeer>>();
  for (rest = rest.subspan(kPeersHeadBytes); !rest.empty(); rest = rest.subspan(kNamedPeerBytes)) {
    NamedPeer& named = peers->emplace_back();
    std::ranges::copy(rest.first<16>(), named.place.ip.begin());
    named.place.port = load_u16(rest.subspan<16, 2>());
    named.peer = PeerId{load_u32(rest.subspan<18, 4>())};
    if (named.place.port < kSmallestNamedPort)
      return Violation{"a peer named at port " + std::to_string(named.place.port) + ", expected " +
                       std::to_string(kSmallestNamedPort) + " or larger"};
    if (named.peer.value > kLargestPeerId)
      return Violation{"a peer named with ID " + std::to_string(named.peer.value) + ", expected at most " +
                       std::to_string(kLargestPeerId)};
  }
  return Message{PeersMessage{port, std::move(peers)}};
}

Decoded Decoder::on_suggestion(PieceIndex piece) {
  expect_ = Expect::length;
  if (!geometry_.contains(piece))
    return Violation{"piece " + std::to_string(piece.value) + " suggested, expected 0 to " +
                     std::to_string(geometry_.piece_count() - 1)};
  return Message{Suggestion{piece}};
}

Decoded Decoder::on_digest_have() {
  expect_ = Expect::length;
  const Bytes body = std::exchange(body_, {});
  const std::span<const std::byte> bytes(body);
  DigestHave have{.piece = PieceIndex{load_u32(bytes.first<4>())}};
  if (!geometry_.contains(have.piece))
    return Violation{"have with a digest for piece " + std::to_string(have.piece.value) + ", expected 0 to " +
                     std::to_string(geometry_.piece_count() - 1)};
  std::ranges::copy(bytes.subspan<4>(), have.sha256.begin());
  return Message{have};
}

Decoded Decoder::on_fetching() {
  expect_ = Expect::length;
  const Bytes body = std::exchange(body_, {});
  const std::span<const std::byte> bytes(body);
  const PieceRun run{PieceIndex{load_u32(bytes.first<4>())}, load_u32(bytes.subspan<4, 4>())};
  if (!geometry_.contains(run.first) || run.count > geometry_.piece_count() - run.first.value)
    return Violation{std::to_string(run.count) + " pieces being fetched from piece " + std::to_string(run.first.value) +
                     " on, of " + std::to_string(geometry_.piece_count())};
  return Message{Fetching{run}};
}

Decoded Decoder::on_bitfield() {
  expect_ = Expect::length;
  auto pieces = Bitfield::from_wire(body_, geometry_.piece_count());
  body_ = {};
  if (auto* violation = std::get_if<Violation>(&pieces)) return std::move(*violation);
  if (has_upstream_ && std::get<Bitfield>(pieces).count() > 0)
    return Violation{"bitfield that names pieces, expected haves with digests"};
  return Message{BitfieldMessage{std::move(std::get<Bitfield>(pieces))}};
}

Violation Decoder::bad_length(std::string_view what, std::uint32_t expected) const {
  std::string reason(what);
  reason += " with length " + std::to_string(length_) + ", expected " + (what == "piece" ? "5 to " : "") +
            std::to_string(expected);
  if (const std::uint32_t swapped = detail::byte_swapped(length_);
      length_ > longest_ && swapped >= 1 && swapped <= longest_)
    reason += " (" + std::to_string(swapped) + " in little-endian order; lengths are big-endian)";
  else
    reason += numbering_hint(raw(type_));
  return Violation{std::move(reason)};
}

/// What the length of the current frame says about a type that does not go with it: peers exist that number the types
/// in their own way. Empty: nothing.
std::optional<MessageType> Decoder::resembled(std::uint8_t type) const {
  if (type != raw(MessageType::bitfield) && length_ == 1 + geometry_.bitfield_bytes()) return MessageType::bitfield;
  if (type != raw(MessageType::piece) && !geometry_.is_learned() && length_ == 5 + geometry_.largest_size())
    return MessageType::piece;
  if (type != raw(MessageType::have) && type != raw(MessageType::request) && length_ == 5) return MessageType::have;
  if (type > raw(MessageType::not_interested) && length_ == 1) return MessageType::choke;
  return std::nullopt;
}

std::string Decoder::numbering_hint(std::uint8_t type) const {
  const auto other = resembled(type);
  return other ? " (" + explain_numbering(*other) + ")" : "";
}

/// A message that is known in the swarm of an upstream alone.
Decoded Decoder::upstream_type(std::uint8_t type) {
  constexpr std::uint32_t kDigestHaveLength = 1 + 4 + sizeof(PieceDigest);
  constexpr std::uint32_t kFetchingLength = 1 + 4 + 4;
  const bool is_have = type == kDigestHaveType;
  const std::uint32_t expected = is_have ? kDigestHaveLength : kFetchingLength;
  if (length_ != expected)
    return Violation{std::string(is_have ? "have with a digest" : "word of what is fetched") + " with length " +
                     std::to_string(length_) + ", expected " + std::to_string(expected)};
  body_.reserve(length_ - 1);
  expect_ = is_have ? Expect::digest_have : Expect::fetching;
  return NeedInput{};
}

Decoded Decoder::unknown_type(std::uint8_t type) {
  if (has_upstream_ && (type == kDigestHaveType || type == kFetchingType)) return upstream_type(type);
  if (type == kAnnouncementType && geometry_.is_learned()) {
    if (length_ < 2 + kAnnouncementHeadBytes || length_ > 1 + kAnnouncementHeadBytes + kLongestChunkName)
      return Violation{"announcement with length " + std::to_string(length_) + ", expected " +
                       std::to_string(2 + kAnnouncementHeadBytes) + " to " +
                       std::to_string(1 + kAnnouncementHeadBytes + kLongestChunkName)};
    body_.reserve(length_ - 1);
    expect_ = Expect::announcement;
    return NeedInput{};
  }
  if (type == kPeersType && names_peers_) {
    constexpr std::uint32_t kEmpty = 1 + kPeersHeadBytes;
    constexpr std::uint32_t kLongest = kEmpty + kMostNamedPeers * kNamedPeerBytes;
    if (length_ < kEmpty || length_ > kLongest || (length_ - kEmpty) % kNamedPeerBytes != 0)
      return Violation{"peers named with length " + std::to_string(length_) + ", expected " + std::to_string(kEmpty) +
                       " to " + std::to_string(kLongest) + " in steps of " + std::to_string(kNamedPeerBytes)};
    body_.reserve(length_ - 1);
    expect_ = Expect::peers;
    return NeedInput{};
  }
  if (type == kSuggestionType && names_peers_) {
    if (length_ != 5) return Violation{"a piece suggested with length " + std::to_string(length_) + ", expected 5"};
    expect_ = Expect::suggestion;
    return NeedInput{};
  }
  if (length_ > longest_) {
    type_ = MessageType{type};
    return bad_length("unknown message type " + std::to_string(type), longest_);
  }
  skip_left_ = length_ - 1;
  expect_ = Expect::skip;
  return Message{UnknownMessage{type, length_, resembled(type)}};
}

}  // namespace p2p
