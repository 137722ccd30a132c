// The handshake's reserved bytes.
#include "protocol/wire/features.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

constexpr ContentPrefix kContent{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                 std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8}};

TEST_CASE("features stand in the reserved bytes as docs/PROTOCOL.md says", "[features]") {
  const ReservedBytes bytes = encode(Features{.fetch_manifest = true, .content = kContent});
  const std::uint8_t expected[] = {0x80, 0x01, 1, 2, 3, 4, 5, 6, 7, 8};
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(std::to_integer<std::uint8_t>(bytes[i]) == expected[i]);
}

TEST_CASE("what was said is understood", "[features]") {
  for (const Features& features :
       {Features{.content = kContent}, Features{.fetch_manifest = true, .content = kContent},
        Features{.fetch_catalog = true, .content = kContent}, Features{.fetch_members = true, .content = kContent},
        Features{.chunks = true, .content = kContent}, Features{.names_peers = true, .content = kContent}})
    CHECK(decode_features(encode(features)) == features);
  CHECK(encode(Features{.fetch_catalog = true, .content = kContent})[1] == std::byte{0x02});
  CHECK(encode(Features{.fetch_members = true, .content = kContent})[1] == std::byte{0x08});
  CHECK(encode(Features{.names_peers = true, .content = kContent})[1] == std::byte{0x10});
}

TEST_CASE("nobody wants two things on one connection", "[features]") {
  CHECK_FALSE(decode_features(encode(Features{.fetch_manifest = true, .fetch_catalog = true, .content = kContent})));
  CHECK_FALSE(decode_features(encode(Features{.fetch_manifest = true, .chunks = true, .content = kContent})));
  CHECK_FALSE(decode_features(encode(Features{.chunks = true, .names_peers = true, .content = kContent})));
}

TEST_CASE("zeros, another mark and features that we do not know mean a classic peer", "[features]") {
  CHECK_FALSE(decode_features({}));
  const ReservedBytes ours = encode(Features{.content = kContent});
  for (std::size_t byte = 0; byte < 2; ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) {
      ReservedBytes changed = ours;
      changed[byte] ^= std::byte{1} << bit;
      INFO("byte " << byte << ", bit " << bit);
      CHECK(decode_features(changed).has_value() == (byte == 1 && bit <= 4));
    }
}

TEST_CASE("a chunk folder's prefix says what it is and how many chunks there are", "[features]") {
  const ReservedBytes bytes = encode(Features{.chunks = true, .content = chunk_folder_prefix(258)});
  const std::uint8_t expected[] = {0x80, 0x04, 'C', 'H', 'N', 'K', 0, 0, 1, 2};
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(std::to_integer<std::uint8_t>(bytes[i]) == expected[i]);
}

}  // namespace
}  // namespace p2p
