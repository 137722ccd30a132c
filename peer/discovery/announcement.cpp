#include "peer/discovery/announcement.hpp"

#include <algorithm>
#include <string_view>

#include "config/host.hpp"
#include "config/manifest_path.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

constexpr std::uint8_t kVersion = 1;

enum class Kind : std::uint8_t { node = 0, holding = 1, withdrawal = 2 };

class Writer {
 public:
  explicit Writer(Kind kind) {
    integer(kVersion);
    integer(static_cast<std::uint8_t>(kind));
  }

  /// Big-endian.
  template <class Integer>
  void integer(Integer value) {
    for (std::size_t left = sizeof value; left > 0; --left)
      bytes_.push_back(static_cast<std::byte>(std::uint64_t{value} >> (8 * (left - 1))));
  }

  void raw(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  void text(std::string_view text) {
    integer(static_cast<std::uint16_t>(text.size()));
    raw(std::as_bytes(std::span(text)));
  }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads on with zeros behind the end, and remembers it.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

  template <class Integer>
  Integer integer() {
    std::uint64_t value = 0;
    for (const std::byte byte : take(sizeof(Integer))) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return static_cast<Integer>(value);
  }

  template <std::size_t N>
  std::array<std::byte, N> raw() {
    std::array<std::byte, N> bytes{};
    std::ranges::copy(take(N), bytes.begin());
    return bytes;
  }

  std::string text() {
    const auto bytes = take(integer<std::uint16_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Nothing is left, and nothing was missing.
  bool exact() const { return left_.empty() && !short_; }

 private:
  std::span<const std::byte> take(std::size_t count) {
    if (count > left_.size()) {
      short_ = true;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  std::span<const std::byte> left_;
  bool short_ = false;
};

/// What is sealed is filled up to a multiple of this: an end mark and zeros. Nearly all announcements fit in one.
constexpr std::size_t kFilledTo = 256;
constexpr std::byte kEndMark{0x80};

constexpr std::size_t filled_size(std::size_t size) { return (size / kFilledTo + 1) * kFilledTo; }

}  // namespace

bool is_valid(const Node& node) {
  return node.peer.value <= kLargestPeerId && node.port != 0 && config::is_host(node.host);
}

bool is_valid(const Holding& holding) {
  return holding.name.size() <= kLongestHoldingName && config::path_fault(holding.name).empty();
}

Sha256Digest seal_of(const AnnouncementSecret& secret) { return sha256(secret); }

std::vector<std::byte> encode(const Announcement& announcement) {
  P2P_ASSERT(is_valid(announcement.node) && (!announcement.holding || is_valid(*announcement.holding)));
  Writer writer(announcement.holding ? Kind::holding : Kind::node);
  writer.raw(announcement.seal);
  writer.integer(announcement.node.peer.value);
  writer.integer(announcement.node.port);
  writer.text(announcement.node.host);
  if (announcement.holding) {
    writer.integer(announcement.holding->size);
    writer.raw(announcement.holding->id);
    writer.text(announcement.holding->name);
  }
  return writer.take();
}

std::vector<std::byte> encode(const Withdrawal& withdrawal) {
  Writer writer(Kind::withdrawal);
  writer.raw(withdrawal.secret);
  return writer.take();
}

std::optional<std::variant<Announcement, Withdrawal>> decode_announcement(std::span<const std::byte> bytes) {
  if (bytes.size() > kLongestAnnouncement) return std::nullopt;
  Reader reader(bytes);
  if (reader.integer<std::uint8_t>() != kVersion) return std::nullopt;
  const auto kind = Kind{reader.integer<std::uint8_t>()};
  if (kind == Kind::withdrawal) {
    const Withdrawal withdrawal{reader.raw<16>()};
    if (!reader.exact()) return std::nullopt;
    return withdrawal;
  }
  if (kind != Kind::node && kind != Kind::holding) return std::nullopt;
  Announcement announcement;
  announcement.seal = reader.raw<32>();
  announcement.node.peer = PeerId{reader.integer<std::uint32_t>()};
  announcement.node.port = reader.integer<std::uint16_t>();
  announcement.node.host = reader.text();
  if (kind == Kind::holding) {
    Holding& holding = announcement.holding.emplace();
    holding.size = reader.integer<std::uint64_t>();
    holding.id = reader.raw<32>();
    holding.name = reader.text();
    if (!is_valid(holding)) return std::nullopt;
  }
  if (!reader.exact() || !is_valid(announcement.node)) return std::nullopt;
  return announcement;
}

std::vector<std::byte> to_value(std::vector<std::byte> encoding, const Network& network) {
  if (!network.is_private()) return encoding;
  const std::size_t size = filled_size(encoding.size());
  encoding.push_back(kEndMark);
  encoding.resize(size);
  return network.seal(encoding);
}

std::optional<std::variant<Announcement, Withdrawal>> read_value(std::span<const std::byte> value,
                                                                 const Network& network) {
  if (!network.is_private()) return decode_announcement(value);
  if (value.size() > longest_value(network)) return std::nullopt;
  const auto filled = network.open(value);
  if (!filled) return std::nullopt;
  const auto behind =
      std::ranges::find_if(filled->rbegin(), filled->rend(), [](std::byte b) { return b != std::byte{}; });
  if (behind == filled->rend() || *behind != kEndMark) return std::nullopt;
  const auto encoding = std::span(*filled).first(static_cast<std::size_t>(filled->rend() - behind) - 1);
  if (filled->size() != filled_size(encoding.size())) return std::nullopt;
  return decode_announcement(encoding);
}

std::size_t longest_value(const Network& network) {
  return network.is_private() ? filled_size(kLongestAnnouncement) + Network::kBoxBytes : kLongestAnnouncement;
}

std::uint64_t announcement_number(std::span<const std::byte> value) {
  std::uint64_t number = 0;
  const Sha256Digest digest = sha256(value);
  for (const std::byte byte : std::span(digest).first<8>()) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return std::max<std::uint64_t>(number, 1);
}

bool may_store(std::span<const std::byte> value, std::uint64_t number, const Network& network) {
  if (announcement_number(value) != number) return false;
  const auto read = read_value(value, network);
  return read && std::holds_alternative<Announcement>(*read);
}

bool may_replace(std::span<const std::byte> kept, std::span<const std::byte> other, const Network& network) {
  const auto before = read_value(kept, network);
  const auto after = read_value(other, network);
  if (!before || !after) return false;
  const auto* announcement = std::get_if<Announcement>(&*before);
  const auto* withdrawal = std::get_if<Withdrawal>(&*after);
  return announcement && withdrawal && seal_of(withdrawal->secret) == announcement->seal;
}

}  // namespace p2p
