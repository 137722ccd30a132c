// What a path inside of a content is, by its manifest.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "config/manifest.hpp"
#include "peer/http/content_host.hpp"

namespace p2p {

struct ManifestPlace {
  std::size_t file;  ///< Of the manifest, and of the content's layout.
};
struct NoPlace {};

/// `inside` may have a slash at its end; then, or when it is empty and the content a folder, it is a folder or nothing.
/// O(files).
std::variant<ManifestPlace, FoundFolder, NoPlace> place_in(const config::Manifest& manifest, const ContentId& id,
                                                           std::string_view inside);

}  // namespace p2p
