#include "peer/commands/get_command.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"
#include "peer/commands/network_options.hpp"
#include "peer/commands/usage.hpp"
#include "peer/node/get.hpp"
#include "peer/report/diagnostics.hpp"

namespace p2p {
namespace {

constexpr const char* kGetFooter = R"(
Prints the content id and the path. Run again after an interruption, it goes on where it was. Those who fetch the same
file at the same time give each other what they have; the process ends when the file is complete and all that others
asked for is sent.
Exit codes: 0 complete, 2 --timeout passed, 6 nobody has it, 7 interrupted, 9 disk full, 17 input or output error,
28 usage, 32 one name with two contents, or not enough holders agree, or something else is in its place.)";

void print_json(const Get::Result& result, bool has_quorum, std::ostream& out) {
  nlohmann::ordered_json holders = nlohmann::ordered_json::array();
  for (const Fetch::Contribution& each : result.holders)
    holders.push_back({{"peer", each.peer.value}, {"address", to_string(each.address)}, {"pieces", each.pieces}});
  nlohmann::ordered_json object{
      {"name", result.name},          {"content_id", config::to_hex(result.id)},
      {"path", result.path.string()}, {"size", result.size},
      {"received", result.received},  {"found", result.found},
      {"holders", holders},           {"given", {{"bytes", result.given.bytes}, {"peers", result.given.peers}}}};
  if (has_quorum) object["quorum"] = result.quorum;
  out << object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

const Subcommand kGetCommand{
    .name = "get",
    .help = "  get NAME                    Fetch a shared file from all who have it\n",
    .example = "  peerProcess get big.bin --join HOST:5000    Fetch a shared file from all who have it\n",
    .run = parse_and_run<parse_get, get_shared>};

std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv) {
  GetOptions options;
  CLI::App app{"Fetches a shared file from all who have it, and verifies it", "peerProcess get"};
  app.footer(kGetFooter);
  const auto is_name = [](const std::string& word) {
    const std::string fault = config::path_fault(word);
    return fault.empty() ? std::string() : "the name " + fault;
  };
  app.add_option("NAME", options.wanted, "A file's name as ls prints it, or a content id of 64 hexadecimal digits")
      ->required()
      ->check(CLI::Validator(is_name, ""));
  app.add_option("--out", options.out, "The folder that it is put into, under its name")->capture_default_str();
  app.add_option("--quorum", options.quorum,
                 "Of contents that share the name take the one that holders at so many IP addresses agree on")
      ->check(in_range(1, 1'000'000));
  app.add_option("--timeout", options.timeout_s,
                 "Leave with exit code 2 after this many seconds, looking for holders until then")
      ->check(in_range(1, 31'536'000));
  app.add_flag("--update", options.update,
               "A file that is there and differs becomes this one; the pieces that they share are kept");
  auto* const port =
      app.add_option("--port", options.port,
                     "TCP, where others get of this process what it has already; by default any that is free")
          ->check(in_range(1, 65'535));
  auto* const linger =
      app.add_option("--linger", options.linger_s, "Serve others for so many seconds when the file is complete")
          ->check(in_range(1, 31'536'000));
  auto* const keep =
      app.add_flag("--keep", options.keep, "Serve others until a signal when the file is complete")->excludes(linger);
  bool no_serve = false;
  app.add_flag("--no-serve", no_serve, "Give nothing to others who fetch it, too; nobody can connect")
      ->excludes(port)
      ->excludes(linger)
      ->excludes(keep);
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json, "Print a JSON object");
  add_network_options(app, options.net);
  if (const auto code = parse_words(app, words_from(2, argc, argv), [] {})) return *code;
  options.serve = !no_serve;
  ContentId id;
  if (config::from_hex(options.wanted, id)) {
    options.id = id;
    options.wanted = config::to_hex(id);
  }
  return options;
}

ExitCode get_shared(const GetOptions& options, std::ostream& out) {
  start_diagnostics("get", options.net.log_level);
  Get running(options);
  const ExitCode code = running.run();
  if (code != ExitCode::complete) return code;
  const Get::Result result = running.result();
  if (options.net.json)
    print_json(result, options.quorum.has_value(), out);
  else
    out << config::to_hex(result.id) << "  " << config::printable(result.path.string()) << '\n';
  return code;
}

}  // namespace p2p
