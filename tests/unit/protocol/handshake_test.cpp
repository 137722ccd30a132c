// The 32 bytes before anything else, and what arrives instead of them.
#include "protocol/wire/handshake.hpp"

#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using test::hex;
using test::operator+;
using test::text;

constexpr std::string_view kHeader = "503250 46494c45 53484152494e47 50524f4a";  // P2PFILESHARINGPROJ

/// Empty when the bytes may become a handshake.
std::string refusal(const Bytes& received) {
  const auto violation = check_handshake_prefix(received);
  return violation ? violation->reason : "";
}

TEST_CASE("a handshake is header, ten zero bytes and the ID in big-endian order", "[handshake]") {
  CHECK(test::to_hex(encode({PeerId{1001}, {}})) == test::to_hex(hex(kHeader)) + "00000000000000000000" + "000003e9");
  CHECK(test::to_hex(encode({PeerId{0x7fffffff}, {}})).ends_with("7fffffff"));
  CHECK(encode({}).size() == 32);
}

TEST_CASE("a handshake is read as it was written, reserved bytes included", "[handshake]") {
  const Bytes bytes = hex(kHeader) + hex("00112233445566778899 000003ea");
  const Handshake handshake = decode_handshake(std::span(bytes).first<kHandshakeBytes>());
  CHECK(handshake.peer == PeerId{1002});
  CHECK(test::to_hex(handshake.reserved) == "00112233445566778899");
  const auto again = encode(handshake);
  CHECK(test::to_hex(again) == test::to_hex(bytes));
}

TEST_CASE("every beginning of a handshake may become one", "[handshake]") {
  const auto whole = encode({PeerId{1001}, {}});
  for (std::size_t n = 0; n <= whole.size(); ++n) CHECK_FALSE(check_handshake_prefix(std::span(whole).first(n)));
}

TEST_CASE("what stands in the ten reserved bytes is no reason to refuse", "[handshake]") {
  CHECK(refusal(hex(kHeader) + text("0000000000") + hex("000003e9")) == "");
  CHECK(refusal(hex(kHeader) + hex("ffeeddccbbaa99887766 000003e9")) == "");
}

TEST_CASE("a wrong header is refused at its first wrong byte", "[handshake]") {
  const std::string not_ours = "not a handshake: the header is not P2PFILESHARINGPROJ";
  CHECK(refusal(text("X")) == not_ours);
  CHECK(refusal(text("P2PFILESHARINGPROX")) == not_ours);
  CHECK(refusal(text("p2pfilesharingproj")) == not_ours);
  CHECK(refusal(hex("00000020") + hex(kHeader)) == not_ours);  // with a length in front
}

TEST_CASE("what people point at this port by mistake is named", "[handshake]") {
  const auto named = [](const std::string& dialect) {
    return dialect + " spoken to this port, expected the handshake header P2PFILESHARINGPROJ";
  };
  CHECK(refusal(hex("aced0005 7372")) == named("Java object serialisation"));
  CHECK(refusal(text("GET / HTTP/1.1\r\n")) == named("HTTP"));
  CHECK(refusal(text("POST /x")) == named("HTTP"));
  CHECK(refusal(text("PUT /x")) == named("HTTP"));
  CHECK(refusal(text("OPTIONS *")) == named("HTTP"));
  CHECK(refusal(text("HTTP/1.1 400")) == named("HTTP"));
  CHECK(refusal(hex("160301 00a5 01")) == named("TLS"));
  CHECK(refusal(hex("13") + text("BitTorrent protocol")) == named("BitTorrent"));
  CHECK(refusal(text("SSH-2.0-OpenSSH")) == named("SSH"));
}

TEST_CASE("a dialect is waited for until it is certain", "[handshake]") {
  CHECK(refusal(text("GE")) == "");
  CHECK(refusal(text("PO")) == "");  // the header's first letter and POST's
  CHECK(refusal(hex("aced")) == "");
  CHECK(refusal(text("GEX")) == "not a handshake: the header is not P2PFILESHARINGPROJ");
  CHECK(refusal(hex("aced0006")) == "not a handshake: the header is not P2PFILESHARINGPROJ");
}

TEST_CASE("an unknown ID is explained where its bytes tell how it was written", "[handshake]") {
  const auto known = [](PeerId id) { return id == PeerId{1} || id == PeerId{1001}; };
  CHECK(explain_unknown_id(PeerId{825'241'649}, known) ==
        " (the bytes are the ASCII digits \"1001\"; expected a 32-bit big-endian binary integer)");
  CHECK(explain_unknown_id(PeerId{16'777'216}, known) == " (1 in little-endian order; expected big-endian)");
  CHECK(explain_unknown_id(PeerId{0xe9030000}, known) == " (1001 in little-endian order; expected big-endian)");
  CHECK(explain_unknown_id(PeerId{1002}, known) == "");
  CHECK(explain_unknown_id(PeerId{0xea030000}, known) == "");  // 1002, which is not listed either
}

}  // namespace
}  // namespace p2p
