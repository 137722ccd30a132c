// A network of nodes in memory: what one announces all find.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "peer/discovery/discovery.hpp"

namespace p2p::test {

/// Who is there, shared by all FakeDiscovery objects of a network.
struct World {
  std::set<Found> found;
  std::set<Node> nodes;
};

class FakeDiscovery final : public Discovery {
 public:
  FakeDiscovery(asio::io_context& io, World& world, std::optional<Node> self = {})
      : io_(io), world_(world), self_(std::move(self)) {
    if (self_) world_.nodes.insert(*self_);
  }

  void announce(const Holding& holding) override { world_.found.insert({*self_, holding}); }
  void withdraw(const Holding& holding) override { world_.found.erase({*self_, holding}); }

  void find_name(const std::string& name, std::function<void(const Found&)> on_found,
                 std::function<void()> on_done) override {
    tell(
        world_.found, [name](const Found& each) { return each.holding.name == name; }, std::move(on_found),
        std::move(on_done));
  }
  void find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                    std::function<void()> on_done) override {
    tell(
        world_.found, [id](const Found& each) { return each.holding.id == id; }, std::move(on_found),
        std::move(on_done));
  }
  void find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) override {
    tell(
        world_.nodes, [](const Node&) { return true; }, std::move(on_found), std::move(on_done));
  }

 private:
  template <class Each, class Fits>
  void tell(const std::set<Each>& all, Fits fits, std::function<void(const Each&)> on_found,
            std::function<void()> on_done) {
    asio::post(io_, [all, fits, on_found = std::move(on_found), on_done = std::move(on_done)] {
      for (const Each& each : all)
        if (fits(each)) on_found(each);
      on_done();
    });
  }

  asio::io_context& io_;
  World& world_;
  std::optional<Node> self_;
};

}  // namespace p2p::test
