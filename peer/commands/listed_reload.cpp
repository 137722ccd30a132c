#include "peer/commands/listed_reload.hpp"

#include <spdlog/spdlog.h>

#include <system_error>
#include <utility>

#include "config/config_error.hpp"
#include "peer/commands/listed_keys.hpp"
#include "peer/commands/listed_swarm.hpp"
#include "peer/commands/read_config.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/peer_list.hpp"

namespace p2p {
namespace {

constexpr const char* kUnchanged = "the list of before goes on to hold";

}  // namespace

std::uint32_t most_links(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers,
                         std::size_t self) {
  return static_cast<std::uint32_t>(listed_neighbors(common, peers, self).size() - 1) + common.max_connections;
}

ListedReload::ListedReload(Plan plan, asio::io_context& io, Life& life, ListedDoorway& doorway)
    : plan_(std::move(plan)), io_(io), doorway_(doorway) {
  life.on_reload([this] {
    try {
      read_anew();
    } catch (const config::ConfigError& error) {
      const std::size_t more = error.findings().size() - 1;
      spdlog::error("{}{}; {}", error.findings().front().to_string(),
                    more > 0 ? " (and " + std::to_string(more) + " more)" : "", kUnchanged);
    } catch (const ExitError& error) {
      spdlog::error("{}; {}", error.what(), kUnchanged);
    }
  });
}

void ListedReload::read_anew() {
  // A pipe would be waited for, by everybody who is linked with us.
  std::error_code unseen;
  if (std::filesystem::is_other(plan_.file, unseen))
    throw ExitError(ExitCode::bad_configuration, plan_.file.string() + ": is no regular file, and is not read again");
  std::vector<config::PeerLine> peers = config::parse_peer_info(read_config(plan_.file, ""), plan_.file.string());
  const PeerListChange change = compare_lists(plan_.peers, plan_.self_index, peers, plan_.file.string());
  if (plan_.check) plan_.check(peers);
  // The order of lines counts, too, so everything is done also when nobody came or went.
  plan_.peers = std::move(peers);
  plan_.self_index = change.self_index;
  spdlog::warn("{}: {} listed from now on, {}", plan_.file.string(), plan_.peers.size(), describe(change));
  reseal_listed(io_, plan_.peers);
  doorway_.relist(ids_of(plan_.peers), most_links(plan_.common, plan_.peers, plan_.self_index));
  if (loop_) loop_->relist(relisting(plan_.common, plan_.peers, plan_.self_index, change.moved));
}

}  // namespace p2p
