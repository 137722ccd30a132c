#include "peer/discovery/member_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "peer/net/text_link.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using OnAnswer = std::function<void(const std::optional<MembersAnswer>&)>;

asio::awaitable<void> ask(std::shared_ptr<TimedStream> timed, PeerId self, Features wish, Introduction introduction,
                          std::uint16_t port, std::string name, std::shared_ptr<OnAnswer> on_answer) {
  std::optional<MembersAnswer> answer;
  try {
    const std::vector<std::byte> behind = encode(introduction);
    const ReceivedText received =
        co_await receive_text(timed, self, wish, kMembersType, config::kMaxMemberListBytes, nullptr, behind);
    if (received.text) {
      const config::MemberAddress address = member_address(timed->stream->remote().address, port);
      answer =
          MembersAnswer{received.from, address, config::parse_member_list(*received.text, "the members of " + name)};
    }
  } catch (const std::exception& error) {
    spdlog::info("{} gave no members: {}", name, error.what());
  }
  timed->close();
  (*on_answer)(answer);
}

}  // namespace

ContentPrefix members_key(const Network& network) {
  const Sha256Digest digest = network.digest("peerProcess members\n" + network.name());
  ContentPrefix key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

void ask_members(asio::io_context& io, PeerId self, const Address& address, const Network& network,
                 const Introduction& introduction, OnAnswer on_answer) {
  const Features wish{.fetch_members = true, .content = members_key(network)};
  const auto shared = std::make_shared<OnAnswer>(std::move(on_answer));
  dial(
      io, address.host, address.port,
      [&io, self, wish, introduction, port = address.port, name = to_string(address), shared](StreamPtr stream) {
        spawn(io, ask(std::make_shared<TimedStream>(std::move(stream)), self, wish, introduction, port, name, shared));
      },
      [shared](const DialFailure& failure) {
        spdlog::info("no member: {}", failure.text);
        (*shared)({});
      });
}

config::MemberAddress member_address(const asio::ip::address& ip, std::uint16_t port) {
  const auto v6 = ip.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, ip.to_v4()) : ip.to_v6();
  config::MemberAddress address{.port = port};
  std::ranges::transform(v6.to_bytes(), address.ip.begin(), [](unsigned char byte) { return std::byte{byte}; });
  return address;
}

Address address_of(const config::MemberAddress& member) { return {member.host(), member.port}; }

}  // namespace p2p
