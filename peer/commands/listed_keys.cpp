#include "peer/commands/listed_keys.hpp"

#include <map>
#include <string>

#include "peer/commands/key_command.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/private_key.hpp"
#include "peer/keys/secret.hpp"
#include "peer/net/sealing.hpp"

namespace p2p {
namespace {

std::map<config::Fingerprint, PeerId> keys_of(const std::vector<config::PeerLine>& peers) {
  std::map<config::Fingerprint, PeerId> listed;
  for (const config::PeerLine& peer : peers) listed.emplace(*peer.key, PeerId{peer.id});
  return listed;
}

}  // namespace

std::shared_ptr<TlsKeys> listed_keys(const std::vector<config::PeerLine>& peers, std::size_t self,
                                     const std::filesystem::path& directory) {
  const config::PeerLine& own = peers[self];
  if (!own.key) return nullptr;
  const std::filesystem::path file = key_file(directory, own.id);
  keep_memory_private();
  const PrivateKey key = PrivateKey::read(file);
  if (key.fingerprint() != *own.key)
    throw ExitError(ExitCode::not_authorised, file.string() + " is not the key of line " + std::to_string(own.line) +
                                                  " of PeerInfo.cfg: it is " + config::to_text(key.fingerprint()) +
                                                  ", expected " + config::to_text(*own.key));
  return std::make_shared<TlsKeys>(key, keys_of(peers));
}

void reseal_listed(asio::io_context& io, const std::vector<config::PeerLine>& peers) {
  if (TlsKeys* const keys = asio::use_service<Sealing>(io).keys()) keys->relist(keys_of(peers));
}

void seal_listed(asio::io_context& io, const std::vector<config::PeerLine>& peers, std::size_t self,
                 const std::filesystem::path& directory) {
  asio::use_service<Sealing>(io).set(listed_keys(peers, self, directory));
}

}  // namespace p2p
