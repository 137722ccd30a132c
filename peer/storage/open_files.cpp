#include "peer/storage/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace p2p {
namespace {

// A share of the descriptors; the others are for connections.
constexpr std::size_t kMostOpenFiles = 128;
constexpr std::size_t kDescriptorShare = 4;

std::size_t most_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMostOpenFiles;
  return std::clamp<std::size_t>(limit.rlim_cur / kDescriptorShare, 1, kMostOpenFiles);
}

}  // namespace

OpenFiles::OpenFiles(std::size_t files, std::function<std::shared_ptr<File>(std::size_t)> open)
    : open_(std::move(open)), most_(most_open_files()), files_(files) {}

std::shared_ptr<File> OpenFiles::open(std::size_t file) {
  if (files_[file]) return files_[file];
  if (order_.size() >= most_) {
    files_[order_.front()].reset();
    order_.pop_front();
  }
  try {
    files_[file] = open_(file);
  } catch (const std::system_error& error) {
    if (!is_exhausted(error.code())) throw;
    close_all();
    files_[file] = open_(file);
  }
  order_.push_back(file);
  return files_[file];
}

void OpenFiles::close(std::size_t file) {
  files_[file].reset();
  std::erase(order_, file);
}

void OpenFiles::close_all() {
  files_.assign(files_.size(), nullptr);
  order_.clear();
}

}  // namespace p2p
