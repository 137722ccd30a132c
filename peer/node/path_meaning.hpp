// What a path of an HTTP request means in what a node knows: in a content whose manifest is there, and among names.
// Pure.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "peer/content/known_manifest.hpp"
#include "peer/http/content_host.hpp"
#include "peer/storage/holding.hpp"

namespace p2p {

/// A path in a content: one of its files, a folder of it, or nothing.
struct Inside {
  std::optional<std::size_t> file = {};  ///< Its index in the manifest, and in the content's layout.
  FoundFolderPtr folder = {};            ///< Null: none.
};

/// `path` lies below the content: empty, or with a slash at its end, is a folder. A content that is one file is at the
/// empty path, and under the name that its manifest has for it.
Inside look_inside(const KnownManifest& known, std::string_view path);

/// Builds the listing of a folder of names, or of a content.
class Listing {
 public:
  /// `folder`: what the names in it begin with, with a slash at its end; empty: all names.
  explicit Listing(std::string folder) : folder_(std::move(folder)) {}

  /// A name anywhere; others than those in the folder are passed over. Once a name and content.
  void add(std::string_view name, std::uint64_t size, const std::optional<ContentId>& id);
  bool empty() const { return entries_.empty(); }
  /// `id`: of the content that the folder is in.
  FoundFolderPtr folder(const std::optional<ContentId>& id = {}) const;

 private:
  std::string folder_;
  std::map<std::string, FoundFolder::Entry, std::less<>> entries_;  ///< By name.
};

using Names = std::map<std::string, Holding, std::less<>>;

/// A path among names: in a content, a folder of names, or nothing.
struct Named {
  const Holding* content = nullptr;  ///< It has the name, or its name is the beginning of the path;
  std::string_view below = {};       ///< then this lies in it, as for look_inside().
  FoundFolderPtr folder = {};        ///< Null: none.
};

/// The empty path is the folder of all names, though there may be none. A name goes before a folder.
Named look_among(const Names& names, std::string_view path);

/// The last part of a path without a slash at its end.
std::string last_part(std::string_view path);

/// A file without bytes: nobody reads it.
std::shared_ptr<ByteSource> no_bytes();

}  // namespace p2p
