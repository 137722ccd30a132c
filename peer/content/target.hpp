// The file that `get` is to make: what is there already.
#pragma once

#include <filesystem>

#include "peer/content/known_manifest.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

/// Whether the complete file of this manifest is at `root`. With `update`, one that differs in nothing but whether it
/// can be executed is made so. Throws ExitError: content_mismatch when something else is there and may not be changed
/// (`update`), or is no file; io when it cannot be read.
bool is_there(const std::filesystem::path& root, const ManifestPtr& known, bool update, ProgressMode progress);

}  // namespace p2p
