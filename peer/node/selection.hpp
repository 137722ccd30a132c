// Which of the names that are offered a user means: names, `folder/` for all names in it, patterns such as `sub/*.bin`.
//
// Pure. In a pattern `*`, `?` and `[...]` stand for characters other than `/`.
#pragma once

#include <map>
#include <string>

namespace p2p {

struct Wanted {
  enum class Kind { name, folder, pattern, all };
  Kind kind = Kind::name;
  std::string text = {};  ///< Of a folder with the slash; empty of all.

  friend bool operator==(const Wanted&, const Wanted&) = default;
};

/// By the look of a word of the command line.
Wanted wanted_by(const std::string& word);

/// A pattern also matches the name that it is letter by letter.
bool matches(const Wanted& wanted, const std::string& name);

/// The smallest question (catalog_key()) whose answer has all names that match.
std::string question_for(const Wanted& wanted);

/// Names that are to be files of one folder. They come from strangers: of two that are one on a file system without
/// case, or of which one is the other's folder, the second is refused, and so are names of ours and of unfinished
/// files.
class NameSpace {
 public:
  /// Adds it; or says why it cannot be there beside those that were added before, as the end of a sentence about it.
  /// Precondition: it is without fault by config::path_fault(), and was not added before.
  std::string add(const std::string& name);

 private:
  struct Taken {
    std::string path;
    bool is_file;
  };
  std::map<std::string, Taken> taken_;  ///< Names and the folders that they are in, by path in lower case.
};

}  // namespace p2p
