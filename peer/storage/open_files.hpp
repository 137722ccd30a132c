// The files of a content that are open: so many at a time, and those that were opened first make room.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "peer/storage/file.hpp"

namespace p2p {

class OpenFiles {
 public:
  /// `open`: opens the file of that index; throws std::system_error.
  OpenFiles(std::size_t files, std::function<std::shared_ptr<File>(std::size_t)> open);

  /// Opens it if it is not; closes others when no descriptor is left. Throws as `open`.
  std::shared_ptr<File> open(std::size_t file);
  /// Null when it is not open.
  const std::shared_ptr<File>& find(std::size_t file) const { return files_[file]; }
  void close(std::size_t file);
  void close_all();

 private:
  std::function<std::shared_ptr<File>(std::size_t)> open_;
  std::size_t most_;
  std::vector<std::shared_ptr<File>> files_;  ///< By file, those that are open.
  std::deque<std::size_t> order_;             ///< In which they were opened.
};

}  // namespace p2p
