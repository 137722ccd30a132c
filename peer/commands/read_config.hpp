// The files that say how a peer is configured.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace p2p {

/// Throws ExitError (bad_configuration) that ends with `hint` when the file cannot be read; one that is not there is
/// `absent` where that is given.
std::string read_config(const std::filesystem::path& path, const std::string& hint,
                        const std::optional<std::string>& absent = std::nullopt);

}  // namespace p2p
