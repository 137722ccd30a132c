// The line of a private network: any text is complained about without a word of it, or is printed again as one line
// that reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/text.hpp"
#include "peer/keys/network_file.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace {

constexpr const char* kFile = "stdin";
/// A secret has 43 characters and no blanks; no word of a message is so long.
bool repeats_a_secret(std::string_view message, std::string_view text) {
  constexpr std::size_t kSecretCharacters = 43;
  for (const p2p::config::Line& line : p2p::config::split_lines(text))
    for (const p2p::config::Word& word : line.words)
      if (word.text.size() >= kSecretCharacters && message.find(word.text) != std::string_view::npos) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  const std::string text(data, data + size);
  try {
    const NetworkLine line = parse_network_line(text, kFile);
    P2P_ASSERT(is_network_name(line.name));
    const SecretText printed = to_text(line);
    P2P_ASSERT(printed.view().ends_with('\n') && fuzz::lines_of(printed.view()).size() == 2);
    const NetworkLine again = parse_network_line(printed.view(), kFile);
    P2P_ASSERT(again.name == line.name && again.secret == line.secret);
  } catch (const config::ConfigError& error) {
    fuzz::check_error(error, text, kFile);
    P2P_ASSERT(!repeats_a_secret(error.what(), text));
  }
  return 0;
}
