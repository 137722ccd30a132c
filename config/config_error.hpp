// The faults of a configuration text, and their places.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace p2p::config {

/// One finding. Prints as `file:line:column: message`, the form that editors and compilers use.
struct Finding {
  std::string file;
  std::size_t line = 0;    ///< From 1; 0 when the finding is about the file as a whole.
  std::size_t column = 0;  ///< From 1, in bytes.
  std::string message;     ///< What is wrong and what was expected.

  std::string to_string() const;
};

/// Everything that is wrong with one text, so that it can be mended in one go. what() has a line a finding.
class ConfigError : public std::runtime_error {
 public:
  /// Precondition: `findings` is not empty.
  explicit ConfigError(std::vector<Finding> findings);

  const std::vector<Finding>& findings() const { return findings_; }

 private:
  std::vector<Finding> findings_;
};

}  // namespace p2p::config
