// peerProcess key: makes the private key of a peer, and says what its public key is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {

struct KeyOptions {
  std::uint32_t id = 0;        ///< Whose key is made, where `show` is empty.
  std::filesystem::path dir;   ///< Where; "" is the working directory.
  std::filesystem::path show;  ///< A key file whose fingerprint is printed.
  bool json = false;
};

/// DIR/peer_<ID>.key.
std::filesystem::path key_file(const std::filesystem::path& dir, std::uint32_t id);

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<KeyOptions, ExitCode> parse_key(int argc, const char* const* argv);

/// Makes the file, where one is to be made, and prints the fingerprint, alone on a line or in a JSON object, to `out`.
/// Throws ExitError (not_authorised, disk_full, io).
ExitCode make_or_show_key(const KeyOptions& options, std::ostream& out);

extern const Subcommand kKeyCommand;

}  // namespace p2p
