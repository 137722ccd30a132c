// What a user says of looking for shared files, and of fetching one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/address.hpp"
#include "peer/ground/rates.hpp"
#include "peer/http/http_options.hpp"
#include "peer/keys/network.hpp"
#include "peer/node/selection.hpp"
#include "peer/report/progress_line.hpp"
#include "peer/status/status_place.hpp"
#include "peer/storage/content.hpp"

namespace p2p {

/// What share, get and ls have in common.
struct NetworkOptions {
  Network network{};
  std::vector<Address> join;    ///< As given; empty: see the command.
  std::filesystem::path key;    ///< In a private network: of this node; empty: one that is made for this process.
  std::filesystem::path allow;  ///< Likewise: who is let in; empty: whoever has the secret.
  bool multicast = true;
  bool dht = false;
  std::string log_level = "warn";
  ProgressMode progress = ProgressMode::automatic;
  bool json = false;
  StatusOptions status = {};  ///< Of share and get.
};

struct GetOptions {
  NetworkOptions net;
  HttpOptions http = {};
  std::string wanted;                  ///< A name without fault by path_fault(), or
  std::optional<ContentId> id;         ///< the content id that it is in hexadecimal digits; or
  std::vector<Wanted> selection = {};  ///< many.
  bool remove = false;                 ///< Of what earlier runs fetched: the files that nobody offers any more.
  std::filesystem::path out = ".";
  std::optional<std::uint32_t> quorum;
  std::optional<std::uint32_t> timeout_s;
  bool update = false;
  Rates limits = {};

  bool serve = true;           ///< Others may come and get what is there already.
  std::uint16_t port = 0;      ///< Where; 0: any that is free.
  std::uint32_t linger_s = 0;  ///< How long to serve when the file is complete,
  bool keep = false;           ///< or until a signal.
  std::string as{};            ///< How it is called here; empty: as its holders call it. Of one content.
  std::optional<std::uint32_t> while_stdin_s;  ///< Leaves when stdin has ended, or was silent for so long.
  bool follow = false;                         ///< What the name becomes is fetched, too; with `keep` and `update`.
};

}  // namespace p2p
