#include "peer/commands/key_command.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>

#include "config/fingerprint.hpp"
#include "config/peer_info.hpp"
#include "peer/commands/usage.hpp"
#include "peer/keys/private_key.hpp"
#include "peer/keys/secret.hpp"

namespace p2p {
namespace {

constexpr const char* kKeyFooter = R"(
Only the fingerprint is for others: it is the fifth word of the peer's line in PeerInfo.cfg, where all lines have one or
none has. The key file is for this peer alone. It is never overwritten, and it is made with mode 600.
scripts/swarm keys makes the keys of all peers of a directory.)";

constexpr ExitMeaning kKeyExits[] = {
    {ExitCode::complete, "done"},
    {ExitCode::disk_full, "disk full"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::not_authorised, "there is no key, or others can read it"},
};

}  // namespace

const Subcommand kKeyCommand{
    .name = "key",
    .help = "  key ID | --show FILE        Make the private key of a peer, print the fingerprint of its public key\n",
    .example =
        "  peerProcess key 1001                        Make the key of a peer, print the fingerprint for "
        "PeerInfo.cfg\n",
    .run = parse_and_run<parse_key, make_or_show_key>};

std::filesystem::path key_file(const std::filesystem::path& dir, std::uint32_t id) {
  return dir / ("peer_" + std::to_string(id) + ".key");
}

std::variant<KeyOptions, ExitCode> parse_key(int argc, const char* const* argv) {
  KeyOptions options;
  CLI::App app{"Makes the private key of a peer and prints the fingerprint of its public key", "peerProcess key"};
  app.footer(kKeyFooter);
  const CLI::Option* const id = app.add_option("ID", options.id, "The peer: DIR/peer_<ID>.key is made")
                                    ->check(in_range(0, config::PeerLine::kLargestId));
  const CLI::Option* const dir = app.add_option("--dir", options.dir, "Where the key file is made (default: here)");
  const CLI::Option* const show =
      app.add_option("--show", options.show, "Make nothing, print the fingerprint of this key file")->type_name("FILE");
  app.add_flag("--json", options.json, "Print a JSON object");
  const auto check = [&] {
    if (id->count() + show->count() != 1)
      throw CLI::ValidationError("key", "expected the peer's ID, or --show with a key file");
    if (show->count() + dir->count() > 1)
      throw CLI::ValidationError("--dir", "is where a key is made, and --show makes none");
    if (show->count() > 0 && options.show.empty()) throw CLI::ValidationError("--show", "expected a key file");
  };
  if (const auto code = parse_words(app, words_from(2, argc, argv), kKeyExits, check)) return *code;
  return options;
}

ExitCode make_or_show_key(const KeyOptions& options, std::ostream& out) {
  keep_memory_private();
  const bool is_new = options.show.empty();
  const std::filesystem::path file = is_new ? key_file(options.dir, options.id) : options.show;
  const PrivateKey key = is_new ? PrivateKey::generate() : PrivateKey::read(file);
  if (is_new) key.write_new(file);
  const std::string fingerprint = config::to_text(key.fingerprint());
  if (!options.json) {
    out << fingerprint << '\n';
    return ExitCode::complete;
  }
  const nlohmann::ordered_json object{{"fingerprint", fingerprint}, {"file", file.string()}};
  out << object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  return ExitCode::complete;
}

}  // namespace p2p
