// Somebody who says that he holds a content, and serves these bytes for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peer/discovery/holder_search.hpp"
#include "peer/node/open_swarm.hpp"
#include "tests/support/exchange_node.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p::test {

class Seed {
 public:
  /// `files`: their bytes by path below the content's root; of a content that is one file its own path is "".
  Seed(asio::io_context& io, std::uint32_t id, ManifestPtr known, const std::map<std::string, std::string>& files)
      : io_(io),
        id_(id),
        known_(std::move(known)),
        acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        store_(make(dir_, known_, files), {.serve_only = true}),
        exchange_(io, sharers_swarm(PeerId{id}, store_, 0), store_, id, hooks()) {
    exchange_.start();
    accept();
  }

  ~Seed() {
    bool over = false;
    exchange_.finish(false, [&] { over = true; });
    run_until(io_, [&] { return over; });
  }

  Holder holder() const {
    const std::uint16_t port = acceptor_.local_endpoint().port();
    return {PeerId{id_}, {"127.0.0.1", port}, "127.0.0.1", "content", known_->id, known_->manifest.total_size()};
  }
  int dialled() const { return dialled_; }
  /// Takes connections, and says nothing on them.
  void fall_silent() { silent_ = true; }

 private:
  static Content make(const TempDir& dir, const ManifestPtr& known, const std::map<std::string, std::string>& files) {
    for (const auto& [path, text] : files) dir.write(path.empty() ? "content" : "content/" + path, text);
    return content_of(dir / "content", known);
  }
  static Exchange::Hooks hooks() {
    Exchange::Hooks hooks;
    hooks.on_event = [](const Event&) {};
    hooks.on_settled = [] {};
    hooks.dial = [](PeerId) {};
    return hooks;
  }
  void accept() {
    acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
      if (error) return;
      ++dialled_;
      auto stream = std::make_unique<TcpStream>(std::move(socket));
      if (silent_)
        kept_.push_back(std::move(stream));
      else
        spawn(io_, greet_and_accept(exchange_, std::move(stream)));
      accept();
    });
  }

  asio::io_context& io_;
  TempDir dir_;
  std::uint32_t id_;
  ManifestPtr known_;
  tcp::acceptor acceptor_;
  PieceStore store_;
  Exchange exchange_;
  int dialled_ = 0;
  bool silent_ = false;
  std::vector<StreamPtr> kept_;
};

}  // namespace p2p::test
