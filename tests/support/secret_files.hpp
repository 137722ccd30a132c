// Files with secrets, and what is said of those that are none.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "config/config_error.hpp"
#include "peer/ground/exit_code.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p::test {

inline std::filesystem::path write_with_mode(const TempDir& dir, std::string_view name, std::string_view text,
                                             mode_t mode = 0600) {
  dir.write(name, text);
  std::filesystem::path file = dir / name;
  if (::chmod(file.c_str(), mode) != 0) throw std::runtime_error("no such mode: " + file.string());
  return file;
}

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw std::runtime_error("is not there: " + path.string());
  return status.st_mode & 07777;
}

/// The exit code and the message with which `act` ends, "66: FILE: ..."; empty when it comes to its end.
template <class Act>
std::string ending_of(Act&& act) {
  try {
    act();
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  } catch (const config::ConfigError& error) {
    return "64: " + std::string(error.what());
  }
  return {};
}

}  // namespace p2p::test
