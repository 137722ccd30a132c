#include "peer/commands/status_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/host.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

constexpr std::uint64_t kMostDescriptors = 1 << 20;

/// PORT, HOST:PORT or unix:PATH.
std::optional<HttpPlace> parse_place(std::string_view word) {
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

void add_status_options(CLI::App& app, StatusOptions& options) {
  const auto take = [&options](const std::string& word) {
    options.place = parse_place(word);
    if (!options.place)
      throw CLI::ValidationError("--status", "\"" + word +
                                                 "\" is no place, expected PORT, HOST:PORT such as 127.0.0.1:8080 or "
                                                 "[::1]:8080, or unix:PATH");
  };
  app.add_option_function<std::string>(
         "--status", take,
         "Serve a dashboard, /status.json, /events and /metrics by HTTP at PORT of the loopback (0: any that is free), "
         "HOST:PORT or unix:PATH; they can only be read (docs/STATUS.md)")
      ->type_name("PLACE");
  app.add_option(
         "--status-token", options.token,
         "The file, of mode 600, with the token that readers of --status must say; needed where HOST is not the "
         "loopback")
      ->type_name("FILE");
  // A flag with a value takes no word behind it, as an option would: that may be an ID.
  const auto word = std::make_shared<std::string>();
  const auto take_descriptor = [word, &options](const std::string& said) {
    const auto descriptor = config::parse_integer(said, 0, kMostDescriptors);
    if (!descriptor)
      throw CLI::ValidationError("--json-events", "expected the number of a descriptor, as in --json-events=3");
    options.json_events = static_cast<int>(*descriptor);
  };
  app.add_flag("--json-events{1}", *word,
               "Print each event as a JSON object, one a line, on stdout, or with =FD on that descriptor")
      ->each(take_descriptor)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void check_status_options(const StatusOptions& options, bool json) {
  if (!options.token.empty() && !options.place)
    throw CLI::ValidationError("--status-token", "there is no --status that it is for");
  if (json && options.json_events == STDOUT_FILENO)
    throw CLI::ValidationError("--json-events",
                               "--json prints on stdout, too; say another descriptor, as in --json-events=3 3>FILE");
}

}  // namespace p2p
