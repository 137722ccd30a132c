#include "peer/storage/folder_state.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include "peer/storage/file.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

/// The size of a regular file; empty when there is none.
std::optional<std::uint64_t> size_of_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (something_is_at(path))
      throw StoreError(StoreFault::mismatch, path.string() + " is a symbolic link that leads nowhere; move it away");
    return std::nullopt;
  }
  if (error) throw StoreError(StoreFault::unusable, "cannot look at " + path.string() + ": " + error.message());
  if (!fs::is_regular_file(status)) throw StoreError(StoreFault::mismatch, path.string() + " is not a regular file");
  const std::uint64_t size = fs::file_size(path, error);
  if (error) throw StoreError(StoreFault::unusable, "cannot look at " + path.string() + ": " + error.message());
  return size;
}

}  // namespace

FolderState inspect_folder(const Content& content) {
  const Layout& layout = content.layout;
  if (!layout.is_folder()) {
    const auto size = size_of_file(content.root);
    if (!size) return FolderState::missing;
    if (*size == layout.files().front().size) return FolderState::complete;
    if (content.matches) return FolderState::wrong;
    throw StoreError(StoreFault::mismatch, content.root.string() + " has " + std::to_string(*size) +
                                               " bytes, expected " + std::to_string(layout.files().front().size) +
                                               (content.size_source.empty() ? "" : " (" + content.size_source + ")"));
  }
  std::error_code error;
  const fs::file_status status = fs::status(content.root, error);
  if (status.type() == fs::file_type::not_found) return FolderState::missing;
  if (error) throw StoreError(StoreFault::unusable, "cannot look at " + content.root.string() + ": " + error.message());
  if (!fs::is_directory(status)) throw StoreError(StoreFault::mismatch, content.root.string() + " is not a folder");
  const auto right = [&](const Layout::File& file) { return size_of_file(content.root / file.path) == file.size; };
  const auto exists = [&](const fs::path& folder) { return fs::is_directory(content.root / folder); };
  return std::ranges::all_of(layout.files(), right) && std::ranges::all_of(layout.empty_folders(), exists)
             ? FolderState::complete
             : FolderState::wrong;
}

}  // namespace p2p
