// PeerInfo.cfg of a peer that runs: read again at each SIGHUP, whereupon peers come and go (docs/SERVICE.md).
//
// A list that is wrong, or by which this process could not go on, is told in one line, and changes nothing. Common.cfg
// is not read again. Everything on the network thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/daemon_loop.hpp"
#include "peer/node/life.hpp"
#include "peer/node/listed_doorway.hpp"

namespace p2p {

class ListedReload {
 public:
  struct Plan {
    std::filesystem::path file;
    const config::CommonCfg& common;
    std::vector<config::PeerLine>& peers;  ///< Replaced by what is read.
    std::size_t& self_index;               ///< Our line in them.
    /// What else a list has to fulfil; throws ExitError. May be null.
    std::function<void(const std::vector<config::PeerLine>&)> check = {};
  };

  /// What the plan names, `io`, `life` and `doorway` outlive this, and this outlives every turn of `life`.
  ListedReload(Plan plan, asio::io_context& io, Life& life, ListedDoorway& doorway);
  ListedReload(const ListedReload&) = delete;
  ListedReload& operator=(const ListedReload&) = delete;

  /// There is a swarm now. It outlives every turn of the life that follows.
  void lead_to(DaemonLoop& loop) { loop_ = &loop; }

 private:
  void read_anew();

  Plan plan_;
  asio::io_context& io_;
  ListedDoorway& doorway_;
  DaemonLoop* loop_ = nullptr;
};

/// All that may be linked with a peer of this list at a time.
std::uint32_t most_links(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers, std::size_t self);

}  // namespace p2p
