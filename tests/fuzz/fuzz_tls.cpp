// The accepting side of a TLS handshake, up to its end: whatever bytes come, nobody is let in but who has proven a key
// that is known, and then as who he is.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "peer/net/tls_keys.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

struct Free {
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using Connection = std::unique_ptr<SSL, Free>;

/// Both ends of a listed swarm, and of a private network; made once.
struct Ends {
  Ends() {
    const PrivateKey acceptor = PrivateKey::generate(), dialler = PrivateKey::generate();
    const std::map<config::Fingerprint, PeerId> lines{{acceptor.fingerprint(), PeerId{1001}},
                                                      {dialler.fingerprint(), PeerId{1002}}};
    listed = {std::make_unique<TlsKeys>(acceptor, lines), std::make_unique<TlsKeys>(dialler, lines)};
    const Network network("lab", NetworkSecret());
    members = {std::make_unique<TlsKeys>(network, NodeIdentity(acceptor)),
               std::make_unique<TlsKeys>(network, NodeIdentity(dialler))};
  }
  using Pair = std::array<std::unique_ptr<TlsKeys>, 2>;  ///< Who accepts, who dials.
  Pair listed, members;
};

Connection in_memory(const TlsKeys& keys, bool as_server) {
  Connection connection(keys.new_connection(as_server));
  SSL_set_bio(connection.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  return connection;
}

/// Goes on as far as the bytes lead. False: it is over.
bool go_on(SSL* connection) {
  ERR_clear_error();
  const int result = SSL_do_handshake(connection);
  const int error = SSL_get_error(connection, result);
  ERR_clear_error();
  return result == 1 || error == SSL_ERROR_WANT_READ;
}

void give(SSL* connection, const std::vector<unsigned char>& bytes) {
  if (!bytes.empty()) BIO_write(SSL_get_rbio(connection), bytes.data(), static_cast<int>(bytes.size()));
}

std::vector<unsigned char> take(SSL* connection) {
  std::vector<unsigned char> bytes(BIO_ctrl_pending(SSL_get_wbio(connection)));
  if (!bytes.empty()) BIO_read(SSL_get_wbio(connection), bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

/// Somebody who has no key says anything.
void strange(const TlsKeys& keys, fuzz::ByteSource& source) {
  const Connection server = in_memory(keys, true);
  bool open = go_on(server.get());
  while (open && !source.empty()) {
    std::vector<unsigned char> bytes(1 + source.below(256));
    for (unsigned char& byte : bytes) byte = source.byte();
    give(server.get(), bytes);
    open = go_on(server.get());
    P2P_ASSERT(!SSL_is_init_finished(server.get()));
  }
}

/// Somebody sits between two who know each other and changes, repeats or leaves out bytes of the dialler's.
void between(const Ends::Pair& ends, fuzz::ByteSource& source) {
  const Connection server = in_memory(*ends[0], true), client = in_memory(*ends[1], false);
  bool server_open = true, client_open = true;
  for (int flights = 0; flights < 8 && server_open && client_open; ++flights) {
    client_open = go_on(client.get());
    std::vector<unsigned char> flight = take(client.get());
    for (std::uint32_t changes = source.below(4); changes > 0 && !flight.empty(); --changes) {
      const std::size_t at = source.below(65'536) % flight.size();
      switch (source.below(3)) {
        case 0: flight[at] = static_cast<unsigned char>(flight[at] ^ source.byte()); break;
        case 1: flight.resize(at); break;
        default: flight.insert(flight.begin() + static_cast<std::ptrdiff_t>(at), source.byte());
      }
    }
    give(server.get(), flight);
    server_open = go_on(server.get());
    give(client.get(), take(server.get()));
  }
  if (!SSL_is_init_finished(server.get()) || !server_open) return;
  P2P_ASSERT(SSL_version(server.get()) == TLS1_3_VERSION);
  P2P_ASSERT(SSL_is_init_finished(client.get()));
  const auto proof = ends[1]->proves_inside() ? ends[1]->prove(client.get(), false) : std::vector<std::byte>();
  const auto peer =
      ends[0]->proves_inside() ? ends[0]->check_proof(server.get(), false, proof) : ends[0]->listed_peer(server.get());
  P2P_ASSERT(peer && (ends[0]->proves_inside() || peer->peer == PeerId{1002}));
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  static const Ends ends;
  fuzz::ByteSource source(data, size);
  const Ends::Pair& pair = source.flag() ? ends.members : ends.listed;
  if (source.flag())
    between(pair, source);
  else
    strange(*pair[0], source);
  return 0;
}
