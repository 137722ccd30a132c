// The one line that says all of a private network, and the file in which a machine keeps it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "peer/keys/network.hpp"
#include "peer/keys/secret_file.hpp"

namespace p2p {

/// The one line that says all of a private network: `peerProcess-network NAME SECRET`, the secret as 43 characters of
/// base64url. Names are those of files: not empty, at most 64 letters, digits, '-', '_' and '.', and no '.' first.
struct NetworkLine {
  std::string name;
  NetworkSecret secret;
};
bool is_network_name(std::string_view name);
/// A new secret, from the system's randomness. Precondition: is_network_name(name).
NetworkLine new_network(std::string name);
/// With its end of line.
SecretText to_text(const NetworkLine& line);
/// One line; blank ones and comments, as in other configuration files, may stand around it. `origin` is for messages,
/// which have nothing of the line itself. Throws ConfigError.
NetworkLine parse_network_line(std::string_view text, const std::string& origin);

/// Where `network join` keeps the line of a network: $XDG_CONFIG_HOME/peerProcess/NAME.network, or in ~/.config.
/// Throws ExitError (io) where there is neither. Precondition: is_network_name(name).
std::filesystem::path network_file(const std::string& name);
/// Throws ExitError: not_authorised when there is no such file or others may read it, io; and ConfigError.
Network read_network(const std::filesystem::path& file);
/// As PrivateKey::write_new.
void write_new_network(const std::filesystem::path& file, const NetworkLine& line);

/// Keeps the line in network_file(line.name), and makes the folders above it, for their owner alone. False when the
/// same line is there already. Throws ExitError: not_authorised when another secret is there, or others may read what
/// is there; disk_full, io; and ConfigError.
bool join_network(const NetworkLine& line);
/// The names of the networks that were joined, in order. Throws ExitError (io).
std::vector<std::string> joined_networks();
/// False when it was not joined. Throws ExitError (io). Precondition: is_network_name(name).
bool leave_network(const std::string& name);

}  // namespace p2p
