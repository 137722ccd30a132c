#include "peer/commands/place_word.hpp"

#include <CLI/CLI.hpp>
#include <optional>
#include <string_view>

#include "config/host.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

std::optional<HttpPlace> place_of(std::string_view word) {
  constexpr std::string_view kUnix = "unix:";
  if (word.starts_with(kUnix)) {
    word.remove_prefix(kUnix.size());
    return word.empty() ? std::nullopt : std::optional(HttpPlace{.path = word});
  }
  HttpPlace place;
  const std::size_t colon = word.rfind(':');
  const auto port = config::parse_integer(word.substr(colon == std::string_view::npos ? 0 : colon + 1), 0, 65'535);
  if (!port) return std::nullopt;
  place.port = static_cast<std::uint16_t>(*port);
  if (colon == std::string_view::npos) return place;
  const std::string_view said = word.substr(0, colon);
  const std::string_view host = config::without_brackets(said);
  // Without brackets nobody can tell where an IPv6 address ends.
  if (!config::is_host(host) || (host.find(':') != std::string_view::npos) != said.starts_with('['))
    return std::nullopt;
  place.host = host;
  return place;
}

}  // namespace

HttpPlace parse_place(const std::string& option, const std::string& word) {
  if (const auto place = place_of(word)) return *place;
  throw CLI::ValidationError(option, "\"" + word +
                                         "\" is no place, expected PORT, HOST:PORT such as 127.0.0.1:8080 or "
                                         "[::1]:8080, or unix:PATH");
}

}  // namespace p2p
