#include "config/member_list.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kFirstLine = "peerProcess members 1";
constexpr std::string_view kForm = "ADDRESS:PORT ID SECONDS, such as 192.0.2.7:5000 1234 5";
constexpr std::size_t kMappedBytes = 12;  // in front of an IPv4 address
constexpr std::size_t kGroups = 8;

constexpr std::byte operator""_b(unsigned long long value) { return static_cast<std::byte>(value); }

bool begins_as_v4(std::span<const std::byte, 16> ip) {
  return std::ranges::all_of(ip.first(10), [](std::byte b) { return b == 0_b; }) && ip[10] == 0xff_b &&
         ip[11] == 0xff_b;
}

/// What stands before `mark`, which is taken off as well; none when it is not there.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at + 1);
  return front;
}

/// A decimal number in its only spelling: without zeros in front.
std::optional<std::uint32_t> parse_number(std::string_view word, std::uint32_t min, std::uint32_t max) {
  if (word.size() > 1 && word.front() == '0') return std::nullopt;
  const auto value = parse_integer(word, min, max);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::optional<std::uint32_t> parse_group(std::string_view word) {
  if (word.empty() || word.size() > 4 || (word.size() > 1 && word.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : word) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

bool parse_v4(std::string_view text, std::span<std::byte, 4> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto part = i + 1 < bytes.size() ? cut(text, '.') : std::optional(text);
    const auto value = part ? parse_number(*part, 0, 255) : std::nullopt;
    if (!value) return false;
    bytes[i] = static_cast<std::byte>(*value);
  }
  return true;
}

bool parse_v6(std::string_view text, std::span<std::byte, 16> bytes) {
  for (std::size_t i = 0; i < kGroups; ++i) {
    const auto part = i + 1 < kGroups ? cut(text, ':') : std::optional(text);
    const auto value = part ? parse_group(*part) : std::nullopt;
    if (!value) return false;
    bytes[2 * i] = static_cast<std::byte>(*value >> 8);
    bytes[2 * i + 1] = static_cast<std::byte>(*value & 0xff);
  }
  // An IPv4 address has its own spelling.
  return !begins_as_v4(bytes);
}

std::optional<MemberAddress> parse_member_address(std::string_view word) {
  const std::size_t colon = word.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number(word.substr(colon + 1), 1, 65'535);
  std::string_view host = word.substr(0, colon);
  if (!port) return std::nullopt;
  MemberAddress address = MemberAddress::v4({}, static_cast<std::uint16_t>(*port));
  if (!host.starts_with('['))
    return parse_v4(host, std::span(address.ip).last<4>()) && address.is_unicast() ? std::optional(address)
                                                                                   : std::nullopt;
  if (!host.ends_with(']')) return std::nullopt;
  return parse_v6(host.substr(1, host.size() - 2), address.ip) && address.is_unicast() ? std::optional(address)
                                                                                       : std::nullopt;
}

std::string to_text(const MemberAddress& address) {
  return (address.is_v4() ? address.host() : "[" + address.host() + "]") + ":" + std::to_string(address.port);
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& source) : left_(text), source_(source) {}

  std::vector<Member> parse() {
    if (left_.size() > kMaxMemberListBytes)
      throw ConfigError(
          {{source_, 0, 0,
            std::to_string(left_.size()) + " bytes, expected at most " + std::to_string(kMaxMemberListBytes)}});
    if (const std::string_view line = next(); line != kFirstLine)
      fail(0, "is " + in_quotes(line) + ", expected \"" + std::string(kFirstLine) + "\"");
    while (!left_.empty()) take(next());
    return std::move(members_);
  }

 private:
  /// The next line, which must have its end.
  std::string_view next() {
    ++number_;
    const auto line = cut(left_, '\n');
    if (!line) fail(left_.size(), "the line has no end, expected a newline");
    return *line;
  }

  void take(std::string_view line) {
    if (members_.size() == kMostMembers) fail(0, "one member more, expected at most " + std::to_string(kMostMembers));
    std::string_view rest = line;
    const auto column = [&] { return line.size() - rest.size(); };
    const auto where = cut(rest, ' ');
    const auto address = where ? parse_member_address(*where) : std::nullopt;
    if (!address) fail(0, "is " + in_quotes(line) + ", expected " + std::string(kForm));
    const std::size_t id_at = column();
    const auto id = cut(rest, ' ');
    const auto id_value = id ? parse_number(*id, 0, Member::kMaxId) : std::nullopt;
    if (!id_value)
      fail(id_at,
           "is " + in_quotes(id.value_or(rest)) + ", expected an ID from 0 to " + std::to_string(Member::kMaxId));
    const auto heard = parse_number(rest, 0, Member::kMaxAge);
    if (!heard)
      fail(column(), "is " + in_quotes(rest) + ", expected seconds from 0 to " + std::to_string(Member::kMaxAge));
    if (!members_.empty() && members_.back().heard_s > *heard)
      fail(column(), "is " + std::to_string(*heard) + " behind " + std::to_string(members_.back().heard_s) +
                         ", expected the latest first");
    if (!seen_.insert(*address).second) fail(0, in_quotes(*where) + " is there twice");
    members_.push_back({*address, *id_value, *heard});
  }

  [[noreturn]] void fail(std::size_t offset, const std::string& message) const {
    throw ConfigError({{source_, number_, offset + 1, message}});
  }

  std::string_view left_;
  const std::string& source_;
  std::size_t number_ = 0;
  std::vector<Member> members_;
  std::set<MemberAddress> seen_;
};

}  // namespace

MemberAddress MemberAddress::v4(std::array<std::byte, 4> address, std::uint16_t port) {
  MemberAddress mapped{.port = port};
  mapped.ip[10] = mapped.ip[11] = 0xff_b;
  std::ranges::copy(address, mapped.ip.begin() + kMappedBytes);
  return mapped;
}

bool MemberAddress::is_v4() const { return begins_as_v4(ip); }

bool MemberAddress::is_loopback() const {
  if (is_v4()) return ip[kMappedBytes] == 127_b;
  return std::all_of(ip.begin(), ip.end() - 1, [](std::byte b) { return b == 0_b; }) && ip.back() == 1_b;
}

bool MemberAddress::is_unicast() const {
  if (is_v4()) return ip[kMappedBytes] != 0_b && ip[kMappedBytes] < 224_b;
  return ip[0] != 0xff_b && std::ranges::any_of(ip, [](std::byte b) { return b != 0_b; });
}

std::string MemberAddress::host() const {
  std::string text;
  if (is_v4()) {
    for (std::size_t i = kMappedBytes; i < ip.size(); ++i)
      text += (text.empty() ? "" : ".") + std::to_string(std::to_integer<unsigned>(ip[i]));
    return text;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < kGroups; ++i) {
    const unsigned group = std::to_integer<unsigned>(ip[2 * i]) << 8 | std::to_integer<unsigned>(ip[2 * i + 1]);
    if (i > 0) text += ':';
    bool begun = false;
    for (unsigned shift = 16; shift > 0;) {
      shift -= 4;
      const unsigned digit = group >> shift & 0xf;
      if (begun || digit != 0 || shift == 0) text += kDigits[digit];
      begun = begun || digit != 0;
    }
  }
  return text;
}

std::vector<Member> parse_member_list(std::string_view text, const std::string& source) {
  return Parser(text, source).parse();
}

std::string member_list_text(const std::vector<Member>& members) {
  std::string text(kFirstLine);
  text += '\n';
  for (const Member& member : members)
    text += to_text(member.address) + ' ' + std::to_string(member.id) + ' ' + std::to_string(member.heard_s) + '\n';
  return text;
}

}  // namespace p2p::config
