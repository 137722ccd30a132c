// Where something is served by HTTP.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace p2p {

/// A Unix socket when `path` is set, else TCP.
struct HttpPlace {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free.
  std::filesystem::path path = {};
};

}  // namespace p2p
