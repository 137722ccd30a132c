// What earlier runs of `get` have put into a folder, so that the next one knows what is new, what has changed, and what
// it may remove: `.peerProcess-got` in that folder.
//
//   {"peerProcess_got":1}                                        first line
//   {"name":...,"content_id":...,"size":...,"changed_ns":...,"inode":...}   a line a file, by name
//   {"check":"<XXH3-128 of all lines before>"}                   last line, which proves that it is ours and whole
//
// A file that was changed, replaced or moved since then is not the one that was put there any more. Network thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "peer/storage/content.hpp"

namespace p2p {

struct GotFile {
  ContentId id{};
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const GotFile&, const GotFile&) = default;
};
using GotByName = std::map<std::string, GotFile>;

std::string got_text(const GotByName& files);
/// None for a text that is not ours, or not whole. Every name is without fault by config::path_fault().
std::optional<GotByName> parse_got(std::string_view text);

class GotFiles {
 public:
  /// What is there and is none of ours is left as it is: then nothing is known, and nothing is kept.
  explicit GotFiles(std::filesystem::path folder);

  /// Null when it was not put there by us.
  const GotFile* find(const std::string& name) const;
  /// The file that was put there, unchanged, is there.
  bool is_as_put(const std::string& name) const;
  const GotByName& files() const { return files_; }

  /// The file is there, as the content with this id.
  void put(const std::string& name, const ContentId& id);
  void forget(const std::string& name);
  /// Removes what was put there, if it is as it was, and folders that are empty then.
  /// False: it is something else by now, or gone, and stays. Throws std::system_error.
  bool remove(const std::string& name);

  /// What other processes have written meanwhile is kept. Says so once when it cannot be written.
  void save();

 private:
  std::filesystem::path path() const;

  std::filesystem::path folder_;
  bool writable_ = true;
  GotByName files_;
  std::set<std::string> touched_;  ///< Since the last save().
};

/// Whether all that is there of the folders of `name` below `folder` are folders, and no symbolic links.
bool is_below(const std::filesystem::path& folder, const std::string& name);

}  // namespace p2p
