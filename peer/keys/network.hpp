// A network of nodes: open, or private with one secret that all its members have (docs/PROTOCOL.md, "Private
// networks").
//
// Everything that shows outside of a channel comes from here: the digests that names, contents and members are looked
// up by, and boxes for what is left lying about (datagrams of multicast, values of the DHT). In an open network digests
// are SHA-256, and nothing is sealed. In a private one, keys for each purpose are derived from the secret by HKDF
// (RFC 5869) with SHA-256, so that nobody learns one from another; digests are HMAC (RFC 2104), boxes ChaCha20-Poly1305
// (RFC 8439).
//
// A value; copies share the keys, which are zeroed with the last. May be used by several threads at a time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "peer/keys/secret.hpp"
#include "peer/storage/digest.hpp"

namespace p2p {

using NetworkSecret = Secret<32>;

class Network {
 public:
  /// A box has so many bytes more than what is in it: a nonce of 12 and a tag of 16.
  static constexpr std::size_t kBoxBytes = 28;

  /// An open network. Open networks of different names do not see each other, but anybody may be in each.
  explicit Network(std::string name = "default");
  Network(std::string name, const NetworkSecret& secret);

  const std::string& name() const { return name_; }
  bool is_private() const { return keys_ != nullptr; }

  /// What stands for these bytes outside: nobody without the secret can tell or try what they are.
  Sha256Digest digest(std::span<const std::byte> bytes) const;
  Sha256Digest digest(std::string_view text) const { return digest(std::as_bytes(std::span(text))); }

  /// A box that only members can make and open. Precondition: is_private().
  std::vector<std::byte> seal(std::span<const std::byte> bytes) const;
  /// Empty when it is none of this network. Precondition: is_private().
  std::optional<std::vector<std::byte>> open(std::span<const std::byte> box) const;

  /// The external pre-shared key of TLS 1.3 (RFC 8446, section 4.2.11). Precondition: is_private().
  const Secret<32>& psk() const;
  /// A name of that key for one connection: 16 random bytes, and an HMAC of them. So nobody else can tell that two
  /// connections are of one network. Precondition: is_private().
  using PskIdentity = std::array<std::byte, 32>;
  PskIdentity new_psk_identity() const;
  bool is_psk_identity(std::span<const std::byte> identity) const;

  /// Of one name, and of one secret or none. What derives from secrets is compared, in constant time.
  friend bool operator==(const Network& one, const Network& other);

 private:
  struct Keys;

  std::string name_;
  std::shared_ptr<const Keys> keys_;
};

}  // namespace p2p
