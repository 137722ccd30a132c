#include "peer/gateway/gateway.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "config/text.hpp"
#include "peer/discovery/join.hpp"
#include "peer/discovery/make_discovery.hpp"
#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/throttle.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 250ms;

}  // namespace

Gateway::Gateway(const GatewayOptions& options, std::function<void(const Ready&)> on_ready)
    : options_(options),
      on_ready_(std::move(on_ready)),
      life_(io_),
      membership_(io_, life_, options.net),
      self_(membership_.self()),
      status_(io_, options.net.status, {.peer = self_.value, .mode = "gateway", .kind = "library"}),
      join_(addresses_to_join(options.net.join)),
      discovery_(make_discovery(io_, visitor(options.net, self_, join_))),
      door_(io_, self_, options.net.network, join_, options.port),
      common_{.io = io_,
              .self = self_,
              .network = options.net.network,
              .discovery = *discovery_,
              .join = join_,
              .port = door_.port(),
              .board = status_.board(),
              .ahead = options.cache_size / 4},
      cache_(common_, door_, {options.cache.empty() ? usual_cache() : options.cache, options.cache_size}),
      names_(io_, *discovery_, {self_, options.net.network, join_, options.quorum}),
      versions_(make_versions()),
      host_(io_, names_, cache_, {options.quorum, options.net.network.name(), versions_.get()}) {
  asio::use_service<Limits>(io_).set(io_, options.limits);
}

std::unique_ptr<Versions> Gateway::make_versions() {
  if (!options_.origin) return nullptr;
  OriginClient::Options how;
  // Two requests are under way for what is fetched.
  if (options_.limits.down) how.rate = std::max<std::uint64_t>(*options_.limits.down / 2, 1);
  try {
    return std::make_unique<Versions>(common_, door_, cache_, names_, *options_.origin, how);
  } catch (const std::runtime_error& error) {
    throw ExitError(ExitCode::io, std::string("--origin: ") + error.what());
  }
}

ExitCode Gateway::run() {
  if (StatusBoard* const board = status_.board())
    board->set_source([this](Status& status) {
      tick_board();
      describe_to(status);
    });
  return status_.watch([this] {
    life_.set_doing({.farewell = [this](ExitCode, std::function<void()> gone) { farewell(std::move(gone)); },
                     .on_signal = [] { return ExitCode::complete; }});
    door_.settle(*discovery_);
    http_.emplace(host_, options_.http, options_.net.network.is_private());
    if (on_ready_)
      on_ready_({.url = http_->url(),
                 .address = to_string(Address{door_.host(), door_.port()}),
                 .cache = cache_.folder(),
                 .contents = cache_.count(),
                 .bytes = cache_.shelf().bytes()});
    life_.every(kTick, [this] { tick(); });
    return life_.run();
  });
}

void Gateway::tick() {
  if (!life_.leaving() && versions_) versions_->tick();
  if (!life_.leaving()) cache_.tick();
  tick_board();
  if (life_.service().listens()) life_.service().status(summary());
}

void Gateway::for_each_open(const std::function<void(const GatewayContent&)>& visit) const {
  cache_.for_each_open(visit);
  if (versions_) versions_->for_each_open(visit);
}

Traffic Gateway::traffic() const {
  Traffic all = cache_.traffic_before();
  for_each_open([&](const GatewayContent& content) { all += content.traffic(); });
  return all;
}

void Gateway::tick_board() {
  StatusBoard* const board = status_.board();
  if (!board) return;
  std::size_t reading = 0;
  std::optional<Wait> wait;
  for_each_open([&](const GatewayContent& content) {
    if (!content.is_read() || content.is_complete()) return;
    ++reading;
    if (!wait) wait = content.wait();
  });
  const Phase phase = life_.leaving() ? Phase::leaving : reading > 0 ? Phase::fetching : Phase::serving;
  board->tick(phase, traffic(), [wait] { return wait; });
}

void Gateway::describe_to(Status& status) const {
  status.peer.address = to_string(Address{door_.host(), door_.port()});
  Status::Subject& content = status.content;
  content.name = "cache of " + options_.net.network.name();
  content.size = cache_.shelf().capacity();
  content.stored_bytes = cache_.shelf().bytes();
  content.files = content.files_done = cache_.count();
  status.state.ready = !life_.leaving();
  for_each_open([&](const GatewayContent& each) { each.describe_to(status); });
}

std::string Gateway::summary() const {
  std::size_t readers = 0;
  for_each_open([&](const GatewayContent& content) { readers += content.readers(); });
  return std::to_string(cache_.count()) + (cache_.count() == 1 ? " content, " : " contents, ") +
         megabytes(static_cast<double>(cache_.shelf().bytes())) + " in the cache; " + std::to_string(readers) +
         (readers == 1 ? " request" : " requests");
}

void Gateway::farewell(std::function<void()> gone) {
  host_.leave();
  door_.close();
  const auto left = std::make_shared<int>(versions_ ? 2 : 1);
  const auto closed = [this, left, gone = std::move(gone)] {
    if (--*left == 0) discovery_->leave(gone);
  };
  if (versions_) versions_->finish(closed);
  cache_.finish(closed);
}

}  // namespace p2p
