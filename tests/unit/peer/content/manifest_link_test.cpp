// A manifest is fetched: who gives it, who has none, who lies.
#include "peer/content/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/text_server.hpp"

namespace p2p {
namespace {

using test::run_until;

struct Setup {
  Setup() { spdlog::set_level(spdlog::level::off); }
  ~Setup() { spdlog::set_level(spdlog::level::info); }

  /// What is found, after somebody was asked.
  ManifestPtr fetch(std::vector<ManifestSource> sources) {
    ManifestPtr found;
    fetch_manifest(io, PeerId{5}, known->id, std::move(sources), [&](ManifestPtr manifest) {
      CHECK_FALSE(found);
      found = std::move(manifest);
    });
    run_until(io, [&] { return found != nullptr; });
    return found;
  }

  /// Who answers with this manifest, as the one of its own content.
  test::TextServer::Answer giving(const ManifestPtr& manifest) const {
    return [manifest](const Features&) {
      return test::text_answer(7, prefix_of(manifest->id), kManifestType, manifest->text);
    };
  }
  ManifestSource source(std::uint32_t id, const test::TextServer& server) const {
    return {PeerId{id}, "127.0.0.1", server.port()};
  }

  asio::io_context io{1};
  ManifestPtr known = test::known_file("file", "hello world");
  test::TextServer holder{io, giving(known)};
};

TEST_CASE("a manifest comes from a peer that has it", "[manifest_link]") {
  Setup setup;
  const ManifestPtr found = setup.fetch({setup.source(7, setup.holder)});
  CHECK(found->text == setup.known->text);
  CHECK(found->manifest == setup.known->manifest);
  CHECK(setup.holder.asked() == std::vector{Features{.fetch_manifest = true, .content = prefix_of(setup.known->id)}});
}

TEST_CASE("whoever has none, is gone, or gives something else only delays it", "[manifest_link]") {
  Setup setup;
  const ManifestPtr other = test::known_file("file", "something else");
  ManifestSource gone{PeerId{1}, "127.0.0.1", 0};
  {
    tcp::acceptor closed(setup.io, {asio::ip::address_v4::loopback(), 0});
    gone.port = closed.local_endpoint().port();
  }
  const auto prefix = prefix_of(setup.known->id);
  const test::TextServer has_none(setup.io,
                                  [&](const Features&) { return test::text_answer(2, prefix, kManifestType, ""); });
  const test::TextServer closes(setup.io, [](const Features&) { return std::nullopt; });
  // Under the right id, and not what the id names.
  const test::TextServer liar(
      setup.io, [&](const Features&) { return test::text_answer(4, prefix, kManifestType, other->text); });
  const test::TextServer of_another_content(setup.io, setup.giving(other));
  for (int i = 0; i < 5; ++i)
    CHECK(setup
              .fetch({gone, setup.source(2, has_none), setup.source(3, closes), setup.source(4, liar),
                      setup.source(6, of_another_content), setup.source(7, setup.holder)})
              ->id == setup.known->id);
  CHECK(setup.fetch({setup.source(4, liar), setup.source(7, setup.holder)})->text == setup.known->text);
}

TEST_CASE("a manifest is asked for again and again until somebody has it", "[manifest_link]") {
  Setup setup;
  ManifestPtr found;
  bool has_it = false;
  const test::TextServer late(setup.io, [&](const Features&) {
    return test::text_answer(8, prefix_of(setup.known->id), kManifestType, has_it ? setup.known->text : "");
  });
  fetch_manifest(setup.io, PeerId{5}, setup.known->id, {setup.source(8, late)},
                 [&](ManifestPtr manifest) { found = std::move(manifest); });
  run_until(setup.io, [&] { return late.asked().size() == 3; });
  CHECK_FALSE(found);
  has_it = true;
  run_until(setup.io, [&] { return found != nullptr; });
}

}  // namespace
}  // namespace p2p
