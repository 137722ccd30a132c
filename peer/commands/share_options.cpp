#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "peer/commands/http_options.hpp"
#include "peer/commands/network_options.hpp"
#include "peer/commands/settings.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/commands/status_options.hpp"
#include "peer/commands/usage.hpp"
#include "peer/discovery/dht_module.hpp"

namespace p2p {
namespace {

constexpr const char* kShareFooter = R"(
Every regular file below DIR is offered by its path below DIR; symbolic links are left out without --follow-links.
Names that begin with a dot, and files that nobody but their owner may read, are left out without --hidden and
--private.
With --as NAME the folder is one content instead, with its empty files and folders; it is offered anew when something in
it has changed. Files are never written; manifests are kept in DIR/.peerProcess. In an open network nothing is
encrypted, and whoever reaches the port may fetch what is offered; in a private one (peerProcess network) only members
can. `share cluster1` is for a folder with a file of its own name, or that and .txt, which lists other clusters:
cluster2p[5002],cluster3p[5003],name@hostp[5004].
A signal ends it; SIGHUP has the --allow list read again and the folder looked at.)";

constexpr ExitMeaning kShareExits[] = {
    {ExitCode::complete, "ended by a signal"},
    {ExitCode::network, "network"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::bad_configuration, "bad cluster file, or bad file of --config or --allow"},
    {ExitCode::port_in_use, "port in use"},
    {ExitCode::not_authorised, "a key or secret that is missing, wrong, or readable by others"},
};

}  // namespace

std::variant<ShareOptions, ExitCode> parse_share(int argc, const char* const* argv) {
  ShareOptions options;
  CLI::App app{"Offers every file of a folder to whoever asks for it by name", "peerProcess share"};
  app.footer(kShareFooter);
  app.add_option("CLUSTER", options.cluster, "A folder with a cluster file")
      ->check(CLI::ExistingDirectory.description(""));
  app.add_option("--as", options.as, "Offer DIR as one content of this name, which get fetches as a folder")
      ->check(CLI::Validator(
          [](const std::string& word) {
            std::string fault = config::path_fault(word);
            if (fault.empty()) fault = config::file_name_fault(word);
            return fault.empty() ? fault : "the name " + fault;
          },
          "NAME"));
  app.add_option("--folder", options.folder,
                 "The folder, made into manifests in the background and watched for changes")
      ->check(CLI::ExistingDirectory.description("DIR"));
  app.add_option("--file", options.file, "Offer this file alone, under its own name")
      ->check(CLI::ExistingFile.description("FILE"));
  app.add_flag(
      "--finished", options.finished,
      "What lies there at the start is not being changed any more: hash it without waiting for it to be quiet");
  app.add_flag("!--no-cache", options.keeps,
               "Keep no manifests in DIR/.peerProcess: nothing is written, several processes may share DIR, and each "
               "start hashes anew");
  app.add_option("--port", options.port, "TCP, and with --dht UDP; by default 5000, or the cluster's own entry")
      ->check(in_range(1, 65'535));
  app.add_option(
      "--host", options.host,
      "Under which others reach this machine; by default its primary address; a loopback host stays on this machine");
  app.add_flag("--hidden", options.reserve.hidden, "Offer names that begin with a dot, too");
  app.add_flag("--private", options.reserve.unreadable, "Offer files that nobody but their owner may read, too");
  app.add_flag("--follow-links", options.reserve.links,
               "Offer symbolic links to files that are offered themselves, too; never what is outside of DIR")
      ->excludes("--as");
  add_jobs_option(app, options.jobs, "Threads that hash");
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json,
               "Print a JSON object for each file that is offered or withdrawn, and one when everything is offered");
  add_network_options(app, options.net);
  add_status_options(app, options.net.status);
  add_http_options(app, options.http);
  app.add_option(kConfigOption, options.config,
                 "A file with options, one a line without its dashes, such as `port = 5001` or `hidden = true`; the "
                 "command line goes before the environment, and that before the file")
      ->type_name("FILE");
  const auto code = parse_words(app, words_from(2, argc, argv), kShareExits, [&] {
    check_status_options(options.net.status, options.net.json);
    check_http_options(options.http);
    if (options.net.dht && !no_dht().empty()) throw CLI::ValidationError("--dht", no_dht());
    if (options.as && options.cluster && !options.folder) options.folder = std::exchange(options.cluster, std::nullopt);
    if (options.folder.has_value() + options.cluster.has_value() + options.file.has_value() != 1 ||
        (options.as && options.file))
      throw CLI::ValidationError("share",
                                 "expected --folder DIR, --as NAME DIR, --file FILE, or the folder of a cluster");
    if (options.host &&
        !parse_address((options.host->find(':') != std::string::npos ? "[" + *options.host + "]" : *options.host) +
                       ":1"))
      throw CLI::ValidationError("--host", "expected a name or an address");
  });
  if (code) return *code;
  return options;
}

}  // namespace p2p
