#include "peer/commands/gateway_command.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>

#include "config/rate.hpp"
#include "peer/commands/http_options.hpp"
#include "peer/commands/network_options.hpp"
#include "peer/commands/status_options.hpp"
#include "peer/commands/usage.hpp"
#include "peer/report/diagnostics.hpp"

namespace p2p {
namespace {

constexpr const char* kGatewayFooter = R"(
GET /NAME is a file of the network, or a folder as an index; /content/ID[/PATH] is a content whatever it is called, /
all names. Ranges are served, and nothing is fetched but what is asked for, first what a client waits for. What was
fetched stays in the cache until it is full, and other nodes get it from there, too. A cache vouches for bytes and not
for names: who has a name is asked each time. With --origin what nobody has is fetched from there by one of the nodes
that have the same --origin, and the others get it from each other. See docs/HTTP.md.
A signal ends it; SIGHUP has the --allow list read again.)";

constexpr ExitMeaning kGatewayExits[] = {
    {ExitCode::complete, "ended by a signal"},
    {ExitCode::network, "network"},
    {ExitCode::disk_full, "disk full at the start"},
    {ExitCode::io, "input or output error, or another process uses the cache"},
    {ExitCode::usage, "usage"},
    {ExitCode::bad_configuration, "bad file of --allow or of a network"},
    {ExitCode::port_in_use, "port in use"},
    {ExitCode::not_authorised, "a key, token or secret that is missing, wrong, or readable by others"},
};

}  // namespace

const Subcommand kGatewayCommand{
    .name = "gateway",
    .help = "  gateway --http PLACE        Give any HTTP client what the nodes of a network have, through a cache\n",
    .example = "  peerProcess gateway --http 8080             Give any HTTP client what the nodes of a network have\n",
    .run = parse_and_run<parse_gateway, run_gateway>};

std::variant<GatewayOptions, ExitCode> parse_gateway(int argc, const char* const* argv) {
  GatewayOptions options;
  CLI::App app{"Gives any HTTP client what the nodes of a network have, through a cache", "peerProcess gateway"};
  app.footer(kGatewayFooter);
  add_http_options(app, options.http);
  app.add_option("--cache", options.cache,
                 "Where what was fetched is kept, in a folder for each network; by default peerProcess in "
                 "$XDG_CACHE_HOME or ~/.cache; one process a network")
      ->type_name("DIR");
  const auto take_size = [&options](const std::string& word) {
    const auto size = config::parse_size(word);
    if (!size)
      throw CLI::ValidationError("--cache-size", "\"" + word + "\" is no size, expected bytes such as 50G or 1.5T");
    options.cache_size = *size;
  };
  app.add_option_function<std::string>(
         "--cache-size", take_size,
         "How many bytes of contents the cache keeps; what was not read for longest goes first (K, M, G and T count in "
         "thousands, KiB and so on in 1024)")
      ->type_name("SIZE")
      ->default_str("10G");
  const auto take_origin = [&options](const std::string& word) {
    try {
      options.origin = OriginUrl(word);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--origin", std::string("this ") + error.what());
    }
  };
  app.add_option_function<std::string>("--origin", take_origin,
                                       "An HTTP server that is asked, once for all nodes, for what no member has: for "
                                       "this URL and the name behind it (https://example.org/models/)")
      ->type_name("URL");
  app.add_option("--quorum", options.quorum,
                 "Of contents that share a name take the one that holders at so many IP addresses agree on")
      ->check(in_range(1, 1'000'000));
  app.add_option("--port", options.port, "TCP, where other nodes get what the cache has; by default any that is free")
      ->check(in_range(1, 65'535));
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json, "Print a JSON object when requests are answered");
  add_network_options(app, options.net);
  add_status_options(app, options.net.status);
  const auto code = parse_words(app, words_from(2, argc, argv), kGatewayExits, [&] {
    check_status_options(options.net.status, options.net.json);
    if (!options.http.place)
      throw CLI::ValidationError("--http", "expected PORT, HOST:PORT or unix:PATH: where requests are answered");
    check_http_options(options.http);
  });
  if (code) return *code;
  return options;
}

ExitCode run_gateway(const GatewayOptions& options, std::ostream& out) {
  start_diagnostics("gateway", options.net.log_level);
  Gateway running(options, [&](const Gateway::Ready& ready) {
    if (!options.net.json) return;
    const nlohmann::ordered_json line{{"event", "ready"},           {"url", ready.url},
                                      {"address", ready.address},   {"cache", ready.cache.string()},
                                      {"contents", ready.contents}, {"bytes", ready.bytes}};
    out << line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << std::endl;
  });
  return running.run();
}

}  // namespace p2p
