#include "peer/commands/status_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "config/text.hpp"
#include "peer/commands/place_word.hpp"

namespace p2p {
namespace {

constexpr std::uint64_t kMostDescriptors = 1 << 20;

}  // namespace

void add_status_options(CLI::App& app, StatusOptions& options) {
  const auto take = [&options](const std::string& word) { options.place = parse_place("--status", word); };
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
