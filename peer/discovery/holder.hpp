// A node that has a file, as a value. No Asio here: what a `get` decides about holders needs none (tally.hpp,
// get_steps.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/fingerprint.hpp"
#include "peer/discovery/address.hpp"
#include "peer/storage/content.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// A node that offers a file, by its own word.
struct Holder {
  PeerId peer;  ///< Whose it says that it is; anybody can claim an ID.
  Address address;
  std::string ip;  ///< What the address led to.
  std::string name;
  ContentId id;
  std::uint64_t size;
  bool part = false;                     ///< It fetches the file itself.
  std::optional<ContentId> sha256 = {};  ///< Of the bytes of a file of one piece, by which its manifest can be made.
  bool copy = false;                     ///< It has fetched the file under this name.
  std::optional<config::Fingerprint> key = {};  ///< That it has proven, in a private network.

  /// Its word on the name is only what others told it.
  bool was_told() const { return part || copy; }
};

}  // namespace p2p
