// A process that answers HTTP requests for whatever the nodes of a network have: it fetches what is asked for from all
// who have it, keeps it in a cache, and gives it on to other nodes. It offers nothing of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/member_discovery.hpp"
#include "peer/gateway/cache.hpp"
#include "peer/gateway/gateway_host.hpp"
#include "peer/gateway/name_search.hpp"
#include "peer/http/http_options.hpp"
#include "peer/node/get_door.hpp"
#include "peer/node/get_options.hpp"
#include "peer/node/http_service.hpp"
#include "peer/node/life.hpp"
#include "peer/node/membership.hpp"
#include "peer/node/status_service.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

struct GatewayOptions {
  NetworkOptions net;
  HttpOptions http;
  std::filesystem::path cache;                ///< Empty: usual_cache().
  std::uint64_t cache_size = 10'000'000'000;  ///< Bytes.
  std::optional<std::uint32_t> quorum;        ///< As GetOptions::quorum.
  std::uint16_t port = 0;                     ///< Where other nodes come; 0: any that is free.
  Rates limits = {};
  std::optional<OriginUrl> origin = {};  ///< Asked for what no member has.
};

class Gateway {
 public:
  /// What is there to say when it is ready.
  struct Ready {
    std::string url;
    std::string address;  ///< Where other nodes come.
    std::filesystem::path cache;
    std::size_t contents;  ///< That are in the cache.
    std::uint64_t bytes;
  };

  /// `options` outlive this. `on_ready`: once; may be null. Throws ExitError and StoreError.
  explicit Gateway(const GatewayOptions& options, std::function<void(const Ready&)> on_ready = {});

  /// Once: until a signal.
  ExitCode run();

 private:
  std::unique_ptr<Versions> make_versions();
  void for_each_open(const std::function<void(const GatewayContent&)>& visit) const;
  void tick();
  void tick_board();
  void describe_to(Status& status) const;
  Traffic traffic() const;
  std::string summary() const;
  void farewell(std::function<void()> gone);

  const GatewayOptions& options_;
  std::function<void(const Ready&)> on_ready_;
  asio::io_context io_{1};
  Life life_;
  Membership membership_;
  PeerId self_;
  StatusService status_;
  std::vector<Address> join_;
  std::unique_ptr<MemberDiscovery> discovery_;
  GetDoor door_;
  GatewayContent::Common common_;
  Cache cache_;
  NameSearch names_;
  std::unique_ptr<Versions> versions_;  ///< Null without an origin.
  GatewayHost host_;
  std::optional<HttpService> http_;
};

}  // namespace p2p
