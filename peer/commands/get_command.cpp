#include "peer/commands/get_command.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"
#include "peer/commands/http_options.hpp"
#include "peer/commands/network_options.hpp"
#include "peer/commands/status_options.hpp"
#include "peer/commands/usage.hpp"
#include "peer/node/get.hpp"
#include "peer/node/get_many.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {
namespace {

constexpr const char* kGetFooter = R"(
Prints the content id and the path, of many a line each; the last line on stderr says how many came, were there already
and failed. A later get of many into the same folder fetches what is new or has changed, replaces what it put there
itself, and says what is no longer offered. Run again after an interruption, it goes on where it was.
Those who fetch the same file at the same time give each other what they have; the process ends when the file is
complete and all that others asked for is sent.)";

constexpr ExitMeaning kGetExits[] = {
    {ExitCode::complete, "complete"},
    {ExitCode::timeout, "--timeout passed"},
    {ExitCode::network, "nobody has it"},
    {ExitCode::interrupted, "interrupted"},
    {ExitCode::disk_full, "disk full"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::content_mismatch,
     "one name with two contents, or not enough holders agree, or something else is in its place"},
    {ExitCode::bad_configuration, "bad file of --allow or of a network"},
    {ExitCode::port_in_use, "the port of --port is in use"},
    {ExitCode::not_authorised, "a key or secret that is missing, wrong, or readable by others"},
};

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

/// One name is for Get, all else for GetMany.
void select(GetOptions& options, const std::vector<std::string>& words, const std::vector<std::string>& names,
            bool all) {
  if (all) options.selection.push_back({Wanted::Kind::all});
  for (const std::string& word : words) options.selection.push_back(wanted_by(word));
  for (const std::string& name : names) options.selection.push_back({Wanted::Kind::name, name});
  const Wanted& only = options.selection.front();
  if (options.selection.size() > 1 || only.kind != Wanted::Kind::name) return;
  options.wanted = only.text;
  options.selection.clear();
  ContentId id;
  if (!names.empty() || !config::from_hex(options.wanted, id)) return;
  options.id = id;
  options.wanted = config::to_hex(id);
}

const char* spelled(GetPlan::Outcome::State state) {
  using State = GetPlan::Outcome::State;
  return state == State::fetched ? "fetched" : state == State::there ? "there" : "failed";
}

void print_many_json(const GetMany& running, const GetOptions& options, std::ostream& out) {
  const char* before = "[";
  const auto print = [&](const nlohmann::ordered_json& each) {
    out << std::exchange(before, ",") << each.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  };
  for (const auto& [name, outcome] : running.outcomes()) {
    nlohmann::ordered_json each{{"name", name}, {"state", spelled(outcome.state)}};
    if (outcome.state == GetPlan::Outcome::State::failed) {
      each["error"] = outcome.why;
      each["exit_code"] = static_cast<int>(outcome.code);
    } else {
      each["content_id"] = config::to_hex(*outcome.id);
      each["path"] = (options.out / name).lexically_normal().string();
      each["size"] = outcome.size;
      each["received"] = outcome.received;
    }
    print(each);
  }
  for (const auto& [name, removed] : running.no_longer_offered())
    print({{"name", name}, {"state", removed ? "removed" : "no longer offered"}});
  out << (*before == '[' ? "[]\n" : "]\n");
}

/// Then stdout has nothing else.
bool prints_events(const GetOptions& options) {
  return options.net.status.json_events == STDOUT_FILENO || options.net.status.json_progress;
}

void print_many(const GetMany& running, const GetOptions& options, std::ostream& out) {
  if (options.net.json) return print_many_json(running, options, out);
  if (prints_events(options)) return;
  for (const auto& [name, outcome] : running.outcomes())
    if (outcome.state != GetPlan::Outcome::State::failed)
      out << config::to_hex(*outcome.id) << "  " << config::printable((options.out / name).lexically_normal().string())
          << '\n';
}

ExitCode get_many(const GetOptions& options, std::ostream& out) {
  GetMany running(options);
  const auto tell = [&] {
    print_many(running, options, out);
    out.flush();
    for (const auto& [name, outcome] : running.outcomes())
      if (outcome.state == GetPlan::Outcome::State::failed) say(config::in_quotes(name) + " failed: " + outcome.why);
    say(running.summary());
  };
  try {
    const ExitCode code = running.run();
    tell();
    return code;
  } catch (const ExitError&) {
    tell();
    throw;
  }
}

}  // namespace

const Subcommand kGetCommand{
    .name = "get",
    .help =
        "  get NAME                    Fetch a shared file or folder from all who have it\n"
        "  get FOLDER/, 'PATTERN', --all   Fetch many\n",
    .example = "  peerProcess get big.bin --join HOST:5000    Fetch a shared file from all who have it\n",
    .run = parse_and_run<parse_get, get_shared>};

std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv) {
  GetOptions options;
  CLI::App app{"Fetches shared files and folders from all who have them, and verifies them", "peerProcess get"};
  app.footer(kGetFooter);
  const auto is_name = [](const std::string& word) {
    const std::string fault = config::path_fault(word.ends_with('/') ? word.substr(0, word.size() - 1) : word);
    return fault.empty() ? std::string() : "the name " + fault;
  };
  std::vector<std::string> words;
  std::vector<std::string> names;
  bool all = false;
  app.add_option("NAME", words,
                 "A name as ls prints it, or a content id of 64 hexadecimal digits; several; FOLDER/ for all names in "
                 "it; a pattern such as 'sub/*.bin'")
      ->check(CLI::Validator(is_name, ""));
  app.add_option("--name", names, "The same, but a name whatever it looks like; may be said several times")
      ->allow_extra_args(false)
      ->check(CLI::Validator(is_name, "NAME"));
  app.add_flag("--all", all, "All that is offered");
  app.add_flag("--delete", options.remove,
               "Remove what an earlier get put there, nobody has changed, and nobody offers any more");
  app.add_option("--out", options.out, "The folder that it is put into, under its name")->capture_default_str();
  app.add_option("--quorum", options.quorum,
                 "Of contents that share the name take the one that holders at so many IP addresses agree on")
      ->check(in_range(1, 1'000'000));
  app.add_option("--timeout", options.timeout_s,
                 "Leave with exit code 2 after this many seconds, looking for holders until then")
      ->check(in_range(1, 31'536'000));
  app.add_flag("--update", options.update,
               "A file that is there and differs becomes this one; the pieces that they share are kept");
  app.add_option("--as", options.as, "Call it so in the folder of --out; of one name or content id")
      ->check(CLI::Validator(is_name, "NAME"));
  app.add_option("--while-stdin", options.while_stdin_s,
                 "Leave, as after a signal, when stdin has ended or nothing has come from it for this many seconds: "
                 "then whoever started this process from elsewhere is gone")
      ->type_name("S")
      ->check(in_range(1, 31'536'000));
  app.add_flag("--json-progress", options.net.status.json_progress,
               "Print on stdout, once a second and when something is news, a JSON object in a line that says how far "
               "it is; of one name or content id");
  auto* const port =
      app.add_option("--port", options.port,
                     "TCP, where others get of this process what it has already; by default any that is free")
          ->check(in_range(1, 65'535));
  auto* const linger =
      app.add_option("--linger", options.linger_s, "Serve others for so many seconds when the file is complete")
          ->check(in_range(1, 31'536'000));
  auto* const keep =
      app.add_flag("--keep", options.keep, "Serve others until a signal when the file is complete")->excludes(linger);
  app.add_flag("--follow", options.follow,
               "Go on when the file is complete: what the name becomes is fetched and put in its place, until a signal")
      ->excludes(linger);
  bool no_serve = false;
  app.add_flag("--no-serve", no_serve, "Give nothing to others who fetch it, too; nobody can connect")
      ->excludes(port)
      ->excludes(linger)
      ->excludes(keep)
      ->excludes("--follow");
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json, "Print a JSON object");
  add_network_options(app, options.net);
  add_status_options(app, options.net.status);
  add_http_options(app, options.http);
  const auto code = parse_words(app, words_from(2, argc, argv), kGetExits, [&] {
    check_status_options(options.net.status, options.net.json);
    check_http_options(options.http);
    if (all ? !words.empty() || !names.empty() : words.empty() && names.empty())
      throw CLI::ValidationError("get", all ? "--all and names exclude each other" : "expected a name, or --all");
    select(options, words, names, all);
    const bool prints_more = options.net.json || options.net.status.json_events == STDOUT_FILENO;
    if (options.net.status.json_progress && prints_more)
      throw CLI::ValidationError("--json-progress",
                                 "nothing else can print on stdout: leave out --json, and say "
                                 "another descriptor for --json-events");
    if (!options.selection.empty() && (!options.as.empty() || options.net.status.json_progress))
      throw CLI::ValidationError("get", "--as and --json-progress belong to a get of one name");
    if (!options.selection.empty())
      for (const bool wrong : {options.keep, options.follow, options.linger_s > 0})
        if (wrong)
          throw CLI::ValidationError(
              "get", "--keep, --linger and --follow belong to a get of one name; many are served on by share --folder");
    if (options.http.place && !options.selection.empty())
      throw CLI::ValidationError("--http", "belongs to a get of one name; many are served on by share --folder --http");
    if (options.http.place && !options.keep && !options.follow && options.linger_s == 0)
      throw CLI::ValidationError("--http",
                                 "this get ends when the file is complete, and with it whoever reads from it; say "
                                 "--keep, --linger S or --follow");
    if (options.follow && options.id)
      throw CLI::ValidationError("--follow", "expected a name: a content id stays the same");
    if (options.remove && options.selection.empty())
      throw CLI::ValidationError("--delete",
                                 "belongs to a get of many files: --all, FOLDER/, a pattern, several names");
  });
  if (code) return *code;
  options.serve = !no_serve;
  options.keep = options.keep || options.follow;
  options.update = options.update || options.follow;
  return options;
}

ExitCode get_shared(const GetOptions& options, std::ostream& out) {
  start_diagnostics("get", options.net.log_level);
  if (!options.selection.empty()) return get_many(options, out);
  const auto print = [&](const Get::Result& result) {
    if (options.net.json)
      print_json(result, options.quorum.has_value(), out);
    else if (!prints_events(options))
      out << config::to_hex(result.id) << "  " << config::printable(result.path.string()) << '\n';
    out.flush();
  };
  Get running(options, print);
  const ExitCode code = running.run();
  if (code == ExitCode::complete && !options.follow) print(running.result());
  return code;
}

}  // namespace p2p
