// The one line that says all of a private network, and the file in which a machine keeps it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "peer/keys/network.hpp"

namespace p2p {

/// The one line that says all of a private network: `peerProcess-network NAME SECRET`, the secret as 43 characters of
/// base64url. Names are those of files: not empty, at most 64 letters, digits, '-', '_' and '.', and no '.' first.
struct NetworkLine {
  std::string name;
  NetworkSecret secret;
};
bool is_network_name(std::string_view name);
/// A new secret, from the system's randomness.
NetworkLine new_network(std::string name);
std::string to_text(const NetworkLine& line);
/// `origin` is for messages, which have nothing of the line itself. Throws ConfigError.
NetworkLine parse_network_line(std::string_view text, const std::string& origin);

/// Where `network join` keeps the line of a network: $XDG_CONFIG_HOME/peerProcess/NAME.network, or in ~/.config.
std::filesystem::path network_file(const std::string& name);
/// Throws ExitError: not_authorised when others may read the file, io; and ConfigError.
Network read_network(const std::filesystem::path& file);
/// As PrivateKey::write_new.
void write_new_network(const std::filesystem::path& file, const NetworkLine& line);

}  // namespace p2p
