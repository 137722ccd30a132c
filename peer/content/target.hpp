// The file or folder that `get` is to make: what is there already.
#pragma once

#include <filesystem>

#include "peer/content/known_manifest.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

/// Whether the complete content of this manifest is at `root`; a folder may have more in it. With `update`, files that
/// differ in nothing but whether they can be executed are made so. Throws ExitError: content_mismatch when something
/// else is there and may not be changed (`update`), or is of another kind; io when it cannot be read.
bool is_there(const std::filesystem::path& root, const ManifestPtr& known, bool update, ProgressMode progress);

/// Makes the file of a content without bytes. It needs nobody: its name appears, or is replaced, in one step. Only with
/// `update` a regular file that is there is replaced; nothing is ever cut. Throws std::system_error, with EEXIST when
/// something has the name that may not be replaced. Precondition: the content has no bytes.
void make_empty(const std::filesystem::path& root, const KnownManifest& known, bool update);

}  // namespace p2p
