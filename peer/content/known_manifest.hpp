// The manifest that the swarm's configuration names by its content id: found in the peer's folder, or checked when it
// comes from a peer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "config/manifest.hpp"
#include "peer/storage/content.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {

struct KnownManifest {
  config::Manifest manifest;
  std::string text;  ///< The bytes whose SHA-256 is `id`.
  ContentId id;
};
using ManifestPtr = std::shared_ptr<const KnownManifest>;

/// Lives as long as it is held.
inline std::shared_ptr<const std::string> text_of(const ManifestPtr& known) { return {known, &known->text}; }

ContentPrefix prefix_of(const ContentId& id);

/// Null when the text is not the one that the id names. Throws ConfigError when it is, and is no manifest.
ManifestPtr check_manifest(std::string text, const ContentId& id, const std::string& name);

/// Looks at every `*.manifest` in the folder; null when none is the one. Throws ExitError (io) when one cannot be read,
/// ConfigError as above.
ManifestPtr find_manifest(const std::filesystem::path& folder, const ContentId& id);

/// Puts it into the folder, where find_manifest() finds it. Throws ExitError (disk_full, io).
void save_manifest(const std::filesystem::path& folder, const KnownManifest& known);

/// The content that the manifest describes, to be at `root` when complete. Precondition: it has bytes.
Content content_of(const std::filesystem::path& root, ManifestPtr known);

}  // namespace p2p
