// Command lines of subcommands for tests: their options, or the code to exit with. What they print is kept out of the
// tests' own output.
#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "peer/commands/chunk_command.hpp"
#include "peer/commands/get_command.hpp"
#include "peer/commands/key_command.hpp"
#include "peer/commands/ls_command.hpp"
#include "peer/commands/manifest_command.hpp"
#include "peer/commands/network_command.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/commands/subcommands.hpp"
#include "peer/commands/verify_command.hpp"
#include "tests/support/catch.hpp"

namespace p2p::test {

/// Calls `use(argc, argv)`; `printed` gets what goes to stdout and stderr meanwhile.
template <class Use>
auto with_words(std::vector<std::string> words, std::ostringstream& printed, Use&& use) {
  words.insert(words.begin(), "peerProcess");
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  struct Redirected {
    Redirected(std::ostream& stream, std::ostringstream& to) : stream_(stream), old_(stream.rdbuf(to.rdbuf())) {}
    ~Redirected() { stream_.rdbuf(old_); }
    std::ostream& stream_;
    std::streambuf* old_;
  };
  const Redirected out(std::cout, printed), err(std::cerr, printed);
  return use(static_cast<int>(argv.size()), argv.data());
}

using Parsed = std::variant<ManifestOptions, VerifyOptions, ChunkOptions, ShareOptions, LsOptions, GetOptions,
                            KeyOptions, NetworkCommandOptions, ExitCode>;

/// The first word is the subcommand.
inline Parsed parse(const std::vector<std::string>& words, std::ostringstream& printed) {
  const auto by = [&](auto parser) {
    return std::visit([](auto each) { return Parsed(std::move(each)); }, with_words(words, printed, parser));
  };
  const std::string& name = words.at(0);
  if (name == "manifest") return by(parse_manifest);
  if (name == "verify") return by(parse_verify);
  if (name == "chunks") return by(parse_chunks);
  if (name == "share") return by(parse_share);
  if (name == "ls") return by(parse_ls);
  if (name == "key") return by(parse_key);
  if (name == "network") return by(parse_network);
  REQUIRE(name == "get");
  return by(parse_get);
}

inline Parsed parse(const std::vector<std::string>& words) {
  std::ostringstream unread;
  return parse(words, unread);
}

template <class Options>
Options parsed(const std::vector<std::string>& words) {
  const Parsed result = parse(words);
  REQUIRE(std::holds_alternative<Options>(result));
  return std::get<Options>(result);
}

inline bool refused(const std::vector<std::string>& words) {
  const Parsed result = parse(words);
  return std::holds_alternative<ExitCode>(result) && std::get<ExitCode>(result) == ExitCode::usage;
}

}  // namespace p2p::test
