// A process that is killed between the writing of a small file and its renaming. Tried in a child process.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "peer/storage/replace_file.hpp"

namespace p2p::test {

inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

/// Kills children that replace a file with these bytes until one has left its temporary file. Returns that one's name.
inline std::string leave_temporary(const std::filesystem::path& folder, std::string_view bytes) {
  const std::filesystem::path target = folder / "replaced again and again";
  replace_file(target, bytes);
  const std::set<std::string> before = names_in(folder);
  std::string left;
  while (left.empty()) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no child process for the test");
    if (child == 0)
      for (;;) replace_file(target, bytes, Durability::in_memory);
    ::usleep(1000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const std::string& name : names_in(folder))
      if (!before.contains(name)) left = name;
  }
  std::filesystem::remove(target);
  return left;
}

}  // namespace p2p::test
