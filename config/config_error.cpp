#include "config/config_error.hpp"

namespace p2p::config {
namespace {

std::string joined(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!text.empty()) text += '\n';
    text += finding.to_string();
  }
  return text;
}

}  // namespace

std::string Finding::to_string() const {
  std::string text = file;
  if (line > 0) text.append(":").append(std::to_string(line)).append(":").append(std::to_string(column));
  return text.append(": ").append(message);
}

ConfigError::ConfigError(std::vector<Finding> findings)
    : std::runtime_error(joined(findings)), findings_(std::move(findings)) {}

}  // namespace p2p::config
