#include "peer/node/membership.hpp"

#include <spdlog/spdlog.h>

#include <set>
#include <system_error>
#include <utility>

#include "config/allow_list.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/node_identity.hpp"
#include "peer/keys/secret.hpp"
#include "peer/net/sealing.hpp"
#include "peer/node/node_id.hpp"
#include "peer/storage/read_text.hpp"

namespace p2p {
namespace {

std::set<config::Fingerprint> read_allow_list(const std::filesystem::path& file) {
  std::set<config::Fingerprint> keys;
  try {
    for (const config::AllowedKey& each : config::parse_allow_list(read_text(file), file.string()))
      keys.insert(each.key);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::io, "--allow: cannot read " + file.string() + ": " + error.code().message());
  }
  return keys;
}

}  // namespace

Membership::Membership(asio::io_context& io, Life& life, const NetworkOptions& options) : allow_(options.allow) {
  if (!options.network.is_private()) {
    for (const auto& [file, name] : {std::pair(options.key, "--key"), std::pair(options.allow, "--allow")})
      if (!file.empty())
        throw ExitError(ExitCode::usage, std::string(name) + ": network \"" + options.network.name() +
                                             "\" is open, and nobody proves a key there; make a private one with "
                                             "peerProcess network new");
    self_ = random_peer_id();
    return;
  }
  keep_memory_private();
  const NodeIdentity own(options.key.empty() ? PrivateKey::generate() : PrivateKey::read(options.key));
  self_ = own.id();
  keys_ = std::make_shared<TlsKeys>(options.network, own);
  if (!allow_.empty()) {
    keys_->allow(read_allow_list(allow_));
    life.on_reload([this] { allow_again(); });
  }
  asio::use_service<Sealing>(io).set(keys_);
}

void Membership::allow_again() {
  try {
    auto keys = read_allow_list(allow_);
    spdlog::warn("{}: {} keys are let in from now on", allow_.string(), keys.size());
    keys_->allow(std::move(keys));
  } catch (const std::exception& fault) {
    spdlog::error("{}; who was let in before is let in", fault.what());
  }
}

}  // namespace p2p
