// The token that a request has to say, from its file.
#pragma once

#include <filesystem>
#include <string_view>

#include "peer/keys/secret_file.hpp"

namespace p2p {

/// The token in the first line of a file that nobody else may read. `option` names it in errors. Throws ExitError as
/// read_secret_file(), and usage when it is none.
SecretText read_token(const std::filesystem::path& file, std::string_view option = "--status-token");

}  // namespace p2p
