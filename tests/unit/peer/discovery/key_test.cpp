// Where something is looked for: nobody meets anybody whom he should not, and everybody derives the same.
#include "peer/discovery/key.hpp"

#include <set>
#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("keys are what docs/PROTOCOL.md says", "[discovery]") {
  CHECK(test::to_hex(node_key("")) == "2dd37d2cc3125361d63768178bbadc3244f8c394");
  CHECK(test::to_hex(node_key("lab")) == "7c4dccec5b9e83aff7513a877690c5dff1aabda2");
  CHECK(test::to_hex(name_key("lab", "data.bin")) == "e70898aac5c06810742344f9d4897c8ce57a5db8");
  CHECK(test::to_hex(content_key("lab", ContentId{})) == "231ba769777e2d885585a98d0a2766e90d8b0db6");
  CHECK(network_number("") == 0xad7ae0e3u);
  CHECK(network_number("lab") == 0x0277ca8cu);
}

TEST_CASE("different networks, kinds and names have different keys", "[discovery]") {
  std::set<DhtKey> keys;
  std::size_t count = 0;
  ContentId zeros{};
  for (const std::string network : {"", "a", "ab", "name", std::string(300, 'n').c_str()}) {
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
  CHECK(name_key("a", "bc") != name_key("ab", "c"));
  CHECK(network_number("a") != network_number("b"));
  CHECK(network_number("a") != 0);
}

}  // namespace
}  // namespace p2p
