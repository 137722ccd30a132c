// What HTTP asks of a gateway: what a path means in the network, and readers of what it leads to. The shell of
// NameMeaning, between NameSearch and Cache.
//
// find() is called on any thread, all else on the network thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "peer/gateway/cache.hpp"
#include "peer/gateway/name_meaning.hpp"
#include "peer/gateway/name_search.hpp"
#include "peer/gateway/versions.hpp"
#include "peer/http/content_host.hpp"

namespace p2p {

class GatewayHost final : public ContentHost {
 public:
  struct Options {
    std::optional<std::uint32_t> quorum;
    std::string network;           ///< For messages.
    Versions* versions = nullptr;  ///< Asked for what no member has. Null: nobody is. Outlives this.
  };

  /// `names` and `cache` outlive this.
  GatewayHost(asio::io_context& io, NameSearch& names, Cache& cache, Options options);

  void find(const AskedPath& asked, std::function<void(FoundPath)> on_found) override;
  /// From now on everybody is told that the node is leaving.
  void leave() { leaving_ = true; }

 private:
  using OnFound = std::function<void(FoundPath)>;
  struct Task;

  void begin(const AskedPath& asked, OnFound on_found);
  void find_id(const ContentId& id, const std::string& inside, OnFound on_found);
  void ask_more(const std::shared_ptr<Task>& task);
  void decide(Task& task);
  void open(const NameMeaning::Content& content, bool by_name, OnFound on_found);

  asio::io_context& io_;
  NameSearch& names_;
  Cache& cache_;
  Options options_;
  bool leaving_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
