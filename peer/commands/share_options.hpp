// The command lines of peerProcess share, ls and get as checked values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "peer/report/progress_line.hpp"
#include "peer/discovery/address.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/storage/content.hpp"

namespace p2p {

/// What all three have.
struct NetworkOptions {
  std::string network = "default";
  std::vector<Address> join;  ///< As given; empty: see the command.
  std::string log_level = "warn";
  ProgressMode progress = ProgressMode::automatic;
  bool json = false;
};

struct ShareOptions {
  NetworkOptions net;
  std::optional<std::filesystem::path> folder;   ///< Exactly one of the two.
  std::optional<std::filesystem::path> cluster;
  std::optional<std::uint16_t> port;
  std::optional<std::string> host;
  Reserve reserve;
  unsigned jobs = 1;
};

struct GetOptions {
  NetworkOptions net;
  std::string wanted;                ///< A name without fault by path_fault(), or
  std::optional<ContentId> id;       ///< the content id that it is in hexadecimal digits.
  std::filesystem::path out = ".";
  std::optional<std::uint32_t> quorum;
  std::optional<std::uint32_t> timeout_s;
  bool update = false;
};

struct LsOptions {
  NetworkOptions net;
};

/// Options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the subcommand.
std::variant<ShareOptions, ExitCode> parse_share(int argc, const char* const* argv);
std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv);
std::variant<LsOptions, ExitCode> parse_ls(int argc, const char* const* argv);

}  // namespace p2p
