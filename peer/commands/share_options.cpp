#include "peer/commands/share_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/commands/usage.hpp"

namespace p2p {
namespace {

constexpr const char* kShareFooter = R"(
Every regular file below DIR that has bytes is offered by its path below DIR; symbolic links are not followed. Names that
begin with a dot, and files that nobody but their owner may read, are left out without --hidden and --private. Files are
never written; manifests are kept in DIR/.peerProcess. Nothing is encrypted, and whoever reaches the port may fetch what is
offered: this is for networks that you trust. `share cluster1` is for a folder with a file of its own name, or that
and .txt, which lists other clusters: cluster2p[5002],cluster3p[5003],name@hostp[5004].
A signal ends it. Exit codes: 0 ended by a signal, 6 network, 17 input or output error, 28 usage, 64 bad cluster file,
65 port in use.)";

constexpr const char* kGetFooter = R"(
Prints the content id and the path. Run again after an interruption, it goes on where it was.
Exit codes: 0 complete, 2 --timeout passed, 6 nobody has it, 7 interrupted, 9 disk full, 17 input or output error, 28 usage,
32 one name with two contents, or not enough holders agree, or something else is in its place.)";

constexpr const char* kLsFooter = R"(
Exit codes: 0 done, 6 no node answers, 7 interrupted, 28 usage.)";

/// What options become that are lists.
struct Words {
  std::vector<std::string> join;
};

void add_network_options(CLI::App& app, NetworkOptions& options, Words& words) {
  const auto is_address = [](const std::string& word) {
    return parse_address(word, kUsualPort) ? std::string()
                                           : "\"" + word + "\" is none, expected HOST or HOST:PORT such as localhost:5000 or [::1]:5000";
  };
  app.add_option("--join", words.join, "Nodes that are up, HOST or HOST:PORT, separated by commas; port 5000 unless said; any of them leads to all others")
      ->delimiter(',')
      ->allow_extra_args(false)  // else it would take the words behind it, NAME among them
      ->check(CLI::Validator(is_address, "HOST[:PORT],..."));
  app.add_option("--network", options.network, "Networks of different names never see each other")->capture_default_str();
  add_progress_option(app, options.progress);
  add_log_level_option(app, options.log_level);
}

/// The first lines of a command's help.
std::string described(std::string purpose) {
  const std::string_view fault = no_discovery();
  return fault.empty() ? purpose : std::move(purpose) + "\nNOTE: " + std::string(fault) + ".";
}

template <class Check>
std::optional<ExitCode> parse(CLI::App& app, int argc, const char* const* argv, Check&& check) {
  return parse_words(app, words_from(2, argc, argv), check);
}

void take_addresses(const Words& words, NetworkOptions& options) {
  for (const std::string& word : words.join) options.join.push_back(*parse_address(word, kUsualPort));
}

CLI::Validator count_up_to(std::uint32_t most) { return CLI::Range(1u, most).description("1 to " + std::to_string(most)); }

}  // namespace

std::variant<ShareOptions, ExitCode> parse_share(int argc, const char* const* argv) {
  ShareOptions options;
  Words words;
  CLI::App app{described("Offers every file of a folder to whoever asks for it by name"), "peerProcess share"};
  app.footer(kShareFooter);
  app.add_option("CLUSTER", options.cluster, "A folder with a cluster file")->check(CLI::ExistingDirectory.description(""));
  app.add_option("--folder", options.folder, "The folder, made into manifests in the background and watched for changes")
      ->check(CLI::ExistingDirectory.description("DIR"));
  app.add_option("--port", options.port, "TCP for transfers, UDP for finding each other; by default 5000, or the cluster's own entry")
      ->check(count_up_to(65'535));
  app.add_option("--host", options.host, "Under which others reach this machine; by default its primary address; a loopback host stays on this machine");
  app.add_flag("--hidden", options.reserve.hidden, "Offer names that begin with a dot, too");
  app.add_flag("--private", options.reserve.unreadable, "Offer files that nobody but their owner may read, too");
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--jobs", options.jobs, "Threads that hash; by default as many as the machine has")->check(count_up_to(1024));
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json, "Print a JSON object for each file that is offered or withdrawn, and one when everything is offered");
  add_network_options(app, options.net, words);
  const auto code = parse(app, argc, argv, [&] {
    if (options.folder.has_value() == options.cluster.has_value())
      throw CLI::ValidationError("share", "expected --folder DIR, or the folder of a cluster");
    if (options.host && !parse_address((options.host->find(':') != std::string::npos ? "[" + *options.host + "]" : *options.host) + ":1"))
      throw CLI::ValidationError("--host", "expected a name or an address");
  });
  if (code) return *code;
  take_addresses(words, options.net);
  return options;
}

std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv) {
  GetOptions options;
  Words words;
  CLI::App app{described("Fetches a shared file from all who have it, and verifies it"), "peerProcess get"};
  app.footer(kGetFooter);
  const auto is_name = [](const std::string& word) {
    const std::string fault = config::path_fault(word);
    return fault.empty() ? std::string() : "the name " + fault;
  };
  app.add_option("NAME", options.wanted, "A file's name as ls prints it, or a content id of 64 hexadecimal digits")
      ->required()
      ->check(CLI::Validator(is_name, ""));
  app.add_option("--out", options.out, "The folder that it is put into, under its name")->capture_default_str();
  app.add_option("--quorum", options.quorum, "Of contents that share the name take the one that holders at so many IP addresses agree on")
      ->check(count_up_to(1'000'000));
  app.add_option("--timeout", options.timeout_s, "Leave with exit code 2 after this many seconds, looking for holders until then")
      ->check(count_up_to(31'536'000));
  app.add_flag("--update", options.update, "A file that is there and differs becomes this one; the pieces that they share are kept");
  add_limit_options(app, options.limits);
  app.add_flag("--json", options.net.json, "Print a JSON object");
  add_network_options(app, options.net, words);
  if (const auto code = parse(app, argc, argv, [] {})) return *code;
  take_addresses(words, options.net);
  ContentId id;
  if (config::from_hex(options.wanted, id)) {
    options.id = id;
    options.wanted = config::to_hex(id);
  }
  return options;
}

std::variant<LsOptions, ExitCode> parse_ls(int argc, const char* const* argv) {
  LsOptions options;
  Words words;
  CLI::App app{described("Lists the files that are shared: name, bytes, content id, holders"), "peerProcess ls"};
  app.footer(kLsFooter);
  app.add_flag("--json", options.net.json, "Print a JSON array");
  add_network_options(app, options.net, words);
  if (const auto code = parse(app, argc, argv, [] {})) return *code;
  take_addresses(words, options.net);
  return options;
}

}  // namespace p2p
