// The decoder under any cut of any stream, against a model that has the whole stream and takes its time.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "protocol/wire/decoder.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

/// What decoding gave, in a form that the model can state too: `value` is a peer, index, type; `bytes` are the reserved
/// bytes, the bitfield, or what came of a payload.
struct Item {
  std::string name;
  std::uint32_t value = 0;
  Bytes bytes{};

  friend bool operator==(const Item&, const Item&) = default;
};

// --- the model -----------------------------------------------------------------------------------------------------

/// Reads a stream that is all there, straight from docs/PROTOCOL.md.
class Model {
 public:
  Model(std::uint64_t file_size, std::uint64_t piece_size, const Bytes& stream)
      : pieces_((file_size + piece_size - 1) / piece_size),
        file_size_(file_size),
        piece_size_(piece_size),
        stream_(stream) {}

  std::vector<Item> items() {
    skip_early_haves();
    const auto start = std::span(stream_).subspan(at_, std::min<std::size_t>(stream_.size() - at_, 32));
    // Which header is none is the handshake target's business.
    if (early_have_begins_) return {};
    if (check_handshake_prefix(start)) return {{"violation"}};
    if (start.size() < 32) return {};
    const auto reserved = start.subspan(18, 10);
    items_.push_back({"handshake", number(at_ + 28), Bytes(reserved.begin(), reserved.end())});
    at_ += 32;
    while (take_frame()) {}
    return std::move(items_);
  }

 private:
  void skip_early_haves() {
    constexpr std::array kHead = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{5}, std::byte{4}};
    for (int i = 0; i < 16 && has(1); ++i) {
      const auto rest = std::span(stream_).subspan(at_);
      const auto head = rest.first(std::min(rest.size(), kHead.size()));
      if (!std::ranges::equal(head, std::span(kHead).first(head.size()))) return;
      early_have_begins_ = !has(9);
      if (early_have_begins_ || number(at_ + 5) >= pieces_) return;
      at_ += 9;
    }
  }

  bool has(std::uint64_t bytes) const { return stream_.size() - at_ >= bytes; }

  std::uint32_t number(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value * 256 + std::to_integer<std::uint32_t>(stream_[i]);
    return value;
  }

  std::uint64_t size_of(std::uint64_t piece) const { return std::min(piece_size_, file_size_ - piece * piece_size_); }

  /// False where the stream ends or is not worth reading further.
  bool take_frame() {
    if (!has(4)) return false;
    const std::uint64_t length = number(at_);
    if (length == 0) {
      items_.push_back({"keep-alive"});
      at_ += 4;
      return true;
    }
    if (!has(5)) return false;
    const auto type = std::to_integer<unsigned>(stream_[at_ + 4]);
    if (!legal(type, length)) return fault();
    constexpr std::array<const char*, 8> kNames = {"choke", "unchoke",  "interested", "not interested",
                                                   "have",  "bitfield", "request",    "piece"};
    if (type > 7) {
      items_.push_back({"unknown", type});
    } else if (type <= 3) {
      items_.push_back({kNames[type]});
    } else if (type == 5) {
      if (!has(4 + length)) return false;
      if (!take_bitfield(length - 1)) return fault();
    } else {
      if (!has(9)) return false;
      const std::uint32_t piece = number(at_ + 5);
      if (piece >= pieces_) return fault();
      if (type == 7 && length - 5 != size_of(piece)) return fault();
      items_.push_back({kNames[type], piece});
      if (type == 7) {
        const auto payload = std::span(stream_).subspan(at_ + 9);
        const auto came = payload.first(std::min<std::size_t>(payload.size(), size_of(piece)));
        items_.back().bytes.assign(came.begin(), came.end());
      }
    }
    if (!has(4 + length)) return false;
    at_ += 4 + length;
    return true;
  }

  bool legal(unsigned type, std::uint64_t length) const {
    const std::uint64_t bitfield = 1 + (pieces_ + 7) / 8;
    const std::uint64_t piece = 5 + size_of(0);
    if (type <= 3) return length == 1;
    if (type == 4 || type == 6) return length == 5;
    if (type == 5) return length == 1 || length == bitfield;
    if (type == 7) return length >= 5 && length <= piece;
    return length <= std::max(bitfield, piece);
  }

  bool take_bitfield(std::uint64_t bytes) {
    Bytes bits((pieces_ + 7) / 8);
    for (std::uint64_t i = 0; i < bytes; ++i) bits[i] = stream_[at_ + 5 + i];
    for (std::uint64_t bit = pieces_; bit < bits.size() * 8; ++bit)
      if ((bits[bit / 8] & std::byte{0x80} >> bit % 8) != std::byte{0}) return false;
    items_.push_back({"bitfield", 0, std::move(bits)});
    return true;
  }

  bool fault() {
    items_.push_back({"violation"});
    return false;
  }

  std::uint64_t pieces_;
  std::uint64_t file_size_;
  std::uint64_t piece_size_;
  const Bytes& stream_;
  std::size_t at_ = 0;
  bool early_have_begins_ = false;  ///< The stream ends in one.
  std::vector<Item> items_;
};

// --- the decoder ---------------------------------------------------------------------------------------------------

Item item_of(const Message& message) {
  struct ToItem {
    Item operator()(const Choke&) const { return {"choke"}; }
    Item operator()(const Unchoke&) const { return {"unchoke"}; }
    Item operator()(const Interested&) const { return {"interested"}; }
    Item operator()(const NotInterested&) const { return {"not interested"}; }
    Item operator()(const Have& m) const { return {"have", m.piece.value}; }
    Item operator()(const Request& m) const { return {"request", m.piece.value}; }
    Item operator()(const PieceHead& m) const { return {"piece", m.piece.value}; }
    Item operator()(const UnknownMessage& m) const { return {"unknown", m.type}; }
    Item operator()(const KeepAlive&) const { return {"keep-alive"}; }
    Item operator()(const Suggestion& m) const { return {"suggestion", m.piece.value}; }
    Item operator()(const DigestHave& m) const { return {"digest have", m.piece.value}; }
    Item operator()(const Fetching& m) const { return {"fetching", m.run.first.value}; }
    Item operator()(const PeersMessage& m) const { return {"peers", m.port}; }
    Item operator()(const ChunkAnnouncement& m) const { return {"announcement", m.piece.value}; }
    Item operator()(const BitfieldMessage& m) const {
      Bytes bits((m.pieces.size() + 7) / 8);
      for (std::uint32_t bit = 0; bit < m.pieces.size(); ++bit)
        if (m.pieces.test(PieceIndex{bit})) bits[bit / 8] |= std::byte{0x80} >> bit % 8;
      return {"bitfield", 0, std::move(bits)};
    }
  };
  return std::visit(ToItem{}, message);
}

/// A connection's reader: takes items and, after a piece's head, the payload itself.
class Reader {
 public:
  explicit Reader(const Geometry& geometry) : decoder_(geometry) {}

  void read(std::span<const std::byte> bytes) {
    // On the heap and of exactly the size, so that the address sanitizer sees reads behind the end.
    const Bytes copy(bytes.begin(), bytes.end());
    std::span<const std::byte> input(copy);
    do {
      if (reason_) return;
      decoder_.payload_left() > 0 ? take_payload(input) : take_item(input);
    } while (!input.empty());
  }

  const std::vector<Item>& items() const { return items_; }
  /// Why the stream is illegal, if it is.
  const std::optional<std::string>& reason() const { return reason_; }

 private:
  void take_payload(std::span<const std::byte>& input) {
    const std::size_t n = std::min<std::size_t>(input.size(), decoder_.payload_left());
    items_.back().bytes.insert(items_.back().bytes.end(), input.begin(),
                               input.begin() + static_cast<std::ptrdiff_t>(n));
    input = input.subspan(n);
    decoder_.payload_taken(static_cast<std::uint32_t>(n));
  }

  void take_item(std::span<const std::byte>& input) {
    const auto before = input;
    const Decoded decoded = decoder_.next(input);
    P2P_ASSERT(input.size() <= before.size() && input.data() + input.size() == before.data() + before.size());
    if (std::holds_alternative<NeedInput>(decoded)) P2P_ASSERT(input.empty());
    if (before.empty()) P2P_ASSERT(std::holds_alternative<NeedInput>(decoded));

    if (const auto* handshake = std::get_if<Handshake>(&decoded))
      items_.push_back(
          {"handshake", handshake->peer.value, Bytes(handshake->reserved.begin(), handshake->reserved.end())});
    if (const auto* message = std::get_if<Message>(&decoded)) items_.push_back(item_of(*message));
    if (const auto* violation = std::get_if<Violation>(&decoded)) {
      P2P_ASSERT(!violation->reason.empty());
      items_.push_back({"violation"});
      reason_ = violation->reason;
    }
    // Payload is due after a piece's head and never else.
    const bool at_piece =
        std::holds_alternative<Message>(decoded) && std::holds_alternative<PieceHead>(std::get<Message>(decoded));
    P2P_ASSERT(at_piece ? decoder_.payload_left() == std::get<PieceHead>(std::get<Message>(decoded)).length
                        : decoder_.payload_left() == 0);
  }

  Decoder decoder_;
  std::vector<Item> items_;
  std::optional<std::string> reason_;
};

struct Sizes {
  std::uint64_t file;
  std::uint64_t piece;
};

/// One piece, pieces of one byte, bitfields with and without spare bits, a bitfield longer than a piece, the course's
/// own file, pieces as large as they may be.
constexpr std::array<Sizes, 8> kSizes = {{{42, 4},
                                          {1, 1},
                                          {64, 8},
                                          {9, 1},
                                          {2000, 1},
                                          {10'000'232, 32'768},
                                          {5u << 20, 64u << 20},
                                          {std::uint64_t{1} << 32, 64u << 20}}};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  fuzz::ByteSource source(data, size);
  const Sizes sizes = kSizes[source.below(kSizes.size())];
  const Geometry geometry(sizes.file, sizes.piece);
  const bool greeted = source.flag();
  // Reads of these lengths in turn; of zero bytes too, which must be harmless.
  const auto reads = source.bytes(1 + source.below(8));

  Bytes stream;
  if (greeted) append_handshake({PeerId{1001}, {}}, stream);  // or the fuzzer would have to find the header first
  const auto rest = source.rest();
  stream.insert(stream.end(), rest.begin(), rest.end());

  Reader whole(geometry);
  whole.read(stream);
  P2P_ASSERT(whole.items() == Model(sizes.file, sizes.piece, stream).items());

  Reader cut(geometry);
  std::span<const std::byte> left(stream);
  for (std::size_t i = 0; !left.empty(); ++i) {
    const bool last_resort = i >= 4 * stream.size();  // reads of zero bytes alone would never end
    const auto length = reads.empty() || last_resort ? 1 : std::to_integer<std::size_t>(reads[i % reads.size()]);
    const auto read = left.first(std::min(length, left.size()));
    left = left.subspan(read.size());
    cut.read(read);
  }
  P2P_ASSERT(cut.items() == whole.items());
  P2P_ASSERT(cut.reason() == whole.reason());
  return 0;
}
