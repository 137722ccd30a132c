// The command lines of peerProcess share, ls and get as checked values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "peer/ground/exit_code.hpp"
#include "peer/node/get_options.hpp"
#include "peer/share/folder_scan.hpp"

namespace p2p {

struct ShareOptions {
  NetworkOptions net;
  std::optional<std::filesystem::path> folder;   ///< Exactly one of the two.
  std::optional<std::filesystem::path> cluster;
  std::optional<std::uint16_t> port;
  std::optional<std::string> host;
  Reserve reserve;
  Rates limits = {};
  unsigned jobs = 1;
};

struct LsOptions {
  NetworkOptions net;
};

/// Options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the subcommand.
std::variant<ShareOptions, ExitCode> parse_share(int argc, const char* const* argv);
std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv);
std::variant<LsOptions, ExitCode> parse_ls(int argc, const char* const* argv);

}  // namespace p2p
