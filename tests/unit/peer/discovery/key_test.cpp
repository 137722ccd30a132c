// Where something is looked for: nobody meets anybody whom he should not, and everybody derives the same.
#include "peer/discovery/key.hpp"

#include <set>
#include <string>

#include "peer/discovery/catalog_link.hpp"
#include "peer/discovery/member_link.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

TEST_CASE("keys are what docs/PROTOCOL.md says", "[discovery]") {
  CHECK(test::to_hex(node_key(Network(""))) == "2dd37d2cc3125361d63768178bbadc3244f8c394");
  CHECK(test::to_hex(node_key(Network("lab"))) == "7c4dccec5b9e83aff7513a877690c5dff1aabda2");
  CHECK(test::to_hex(name_key(Network("lab"), "data.bin")) == "e70898aac5c06810742344f9d4897c8ce57a5db8");
  CHECK(test::to_hex(content_key(Network("lab"), ContentId{})) == "231ba769777e2d885585a98d0a2766e90d8b0db6");
  CHECK(network_number(Network("")) == 0xad7ae0e3u);
  CHECK(network_number(Network("lab")) == 0x0277ca8cu);
}

TEST_CASE("keys of a private network are what docs/PROTOCOL.md says", "[discovery]") {
  const Network lab = test::private_network();
  CHECK(test::to_hex(node_key(lab)) == "4b883f57a793ebafe2e29a8ecf5e42d65a8a7ced");
  CHECK(test::to_hex(name_key(lab, "data.bin")) == "0d76ccdf8b16a13f1692ed0bb1f8cc94b2c88135");
  CHECK(test::to_hex(content_key(lab, ContentId{})) == "b0d0938e248ad7e3249f0284ccad4e5de3dc4558");
  CHECK(network_number(lab) == 0x483cfa6eu);
  CHECK(node_key(lab) != node_key(test::private_network("lab", 1)));
  CHECK(network_number(lab) != network_number(test::private_network("lab", 1)));
}

TEST_CASE("questions are what docs/PROTOCOL.md says", "[discovery]") {
  CHECK(test::to_hex(members_key(Network("lab"))) == "33576b6a2d187167");
  CHECK(test::to_hex(catalog_key(Network("lab"), "data.bin")) == "91a3776347d0832d");
  CHECK(test::to_hex(members_key(test::private_network())) == "9129b7a4a6e54d4c");
  CHECK(test::to_hex(catalog_key(test::private_network(), "data.bin")) == "72737dddde1c760c");
}

TEST_CASE("different networks, kinds and names have different keys", "[discovery]") {
  std::set<DhtKey> keys;
  std::size_t count = 0;
  ContentId zeros{};
  for (const Network& network : {Network(""), Network("a"), Network("ab"), Network("name"),
                                 Network(std::string(300, 'n')), test::private_network("a")}) {
    keys.insert(node_key(network));
    keys.insert(content_key(network, zeros));
    count += 2;
    for (const std::string name : {"", "a", "b", "bc", "nodes"}) {
      keys.insert(name_key(network, name));
      ++count;
    }
    // The bytes of a content's ID, as a name.
    keys.insert(name_key(network, std::string(32, '\0')));
    ++count;
  }
  CHECK(keys.size() == count);
  CHECK(name_key(Network("a"), "bc") != name_key(Network("ab"), "c"));
  CHECK(network_number(Network("a")) != network_number(Network("b")));
  CHECK(network_number(Network("a")) != 0);
}

}  // namespace
}  // namespace p2p
