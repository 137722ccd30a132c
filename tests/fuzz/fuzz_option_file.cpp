// Option files: any text is refused with its places, or is a list that is the same when it is written down in quotes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/config_error.hpp"
#include "config/option_file.hpp"
#include "protocol/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p::config;
  std::string again;
  std::vector<OptionLine> options;
  try {
    options = parse_option_file(std::string(data, data + size), "fuzz");
  } catch (const ConfigError& error) {
    for (const Finding& finding : error.findings()) P2P_ASSERT(finding.line > 0 && finding.column > 0);
    return 0;
  }
  for (const OptionLine& option : options) {
    P2P_ASSERT(!option.key.empty() && !option.value.empty());
    P2P_ASSERT(option.value.find('\n') == std::string::npos && option.value.find('\0') == std::string::npos);
    const bool has_double = option.value.find('"') != std::string::npos;
    if (has_double && option.value.find('\'') != std::string::npos) return 0;
    const char quote = has_double ? '\'' : '"';
    again += option.key + " = " + quote + option.value + quote + "\n";
  }
  const auto parsed = parse_option_file(again, "again");
  P2P_ASSERT(parsed.size() == options.size());
  for (std::size_t i = 0; i < parsed.size(); ++i)
    P2P_ASSERT(parsed[i].key == options[i].key && parsed[i].value == options[i].value);
  return 0;
}
