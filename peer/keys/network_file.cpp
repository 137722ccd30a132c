#include "peer/keys/network_file.hpp"

#include <openssl/rand.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

#include "config/base64url.hpp"
#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/openssl.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "peerProcess-network";
constexpr std::string_view kSuffix = ".network";
constexpr std::size_t kSecretBytes = 32;
static_assert(std::is_same_v<NetworkSecret, Secret<kSecretBytes>>);
constexpr std::size_t kSecretCharacters = config::base64url_characters(kSecretBytes);

SecretFileKind kind_of_file() {
  return {.what = "file of a network",
          .if_absent = "peerProcess network join makes it of the line that a member has",
          .if_there = "it is never overwritten: move it away first"};
}

[[noreturn]] void fail(const fs::path& path, const std::string& what, const std::error_code& error) {
  throw ExitError(ExitCode::io, path.string() + ": " + what + ": " + error.message());
}

fs::path home() {
  if (const char* const set = std::getenv("HOME"); set != nullptr && *set != '\0') return set;
  if (const passwd* const user = ::getpwuid(::geteuid()); user != nullptr && *user->pw_dir != '\0') return user->pw_dir;
  throw ExitError(ExitCode::io, "this user has no home folder for the networks; expected HOME or XDG_CONFIG_HOME");
}

fs::path folder_of_networks() {
  // A relative one is to be ignored, says the XDG Base Directory Specification.
  const char* const set = std::getenv("XDG_CONFIG_HOME");
  return (set != nullptr && *set == '/' ? fs::path(set) : home() / ".config") / "peerProcess";
}

void make_private_folders(const fs::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return;
  if (errno == ENOENT && folder.has_relative_path()) {
    make_private_folders(folder.parent_path());
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) return;
  }
  const std::error_code error(errno, std::generic_category());
  std::error_code unseen;
  if (!fs::is_directory(folder, unseen)) fail(folder, "this folder cannot be made", error);
}

/// Whether what should name a file is what stands in one, as happens with variables of the environment.
bool is_line(const std::string& name) {
  NetworkSecret secret;
  return name.starts_with(std::string(kMagic) + ' ') ||
         (name.size() == kSecretCharacters && config::from_base64url(name, secret.bytes()));
}

NetworkLine read_line(const fs::path& file) {
  std::error_code unseen;
  if (is_line(file.string()) && !fs::exists(file, unseen))
    throw ExitError(ExitCode::usage,
                    "the line of a network stands where the name of its file is expected; keep it in a file of "
                    "mode 600, or say - there and give it on stdin");
  return parse_network_line(read_secret_file(file, kind_of_file()).view(), file.string());
}

}  // namespace

bool is_network_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && name[0] != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

NetworkLine new_network(std::string name) {
  NetworkLine line{std::move(name), {}};
  if (RAND_priv_bytes(raw(line.secret.bytes().data()), kSecretBytes) != 1)
    throw ExitError(ExitCode::unexpected, "the system has no random bytes for a secret");
  return line;
}

SecretText to_text(const NetworkLine& line) {
  const std::string head = std::string(kMagic) + " " + line.name + " ";
  SecretText text(head.size() + kSecretCharacters + 1);
  const std::span<char> characters = text.characters();
  std::ranges::copy(head, characters.begin());
  config::to_base64url(line.secret.bytes(), characters.subspan(head.size(), kSecretCharacters));
  characters.back() = '\n';
  return text;
}

NetworkLine parse_network_line(std::string_view text, const std::string& origin) {
  const std::string expected = "expected the line that peerProcess network new printed: " + std::string(kMagic) +
                               " NAME SECRET, the secret of " + std::to_string(kSecretCharacters) + " characters";
  config::Findings findings(origin);
  const std::vector<config::Line> lines = config::split_lines(text);
  NetworkLine line;
  if (lines.empty()) findings.add("nothing is there, " + expected);
  if (lines.size() > 1) findings.add(lines[1].number, lines[1].words[0].column, "a second line, " + expected);
  if (lines.size() == 1) {
    constexpr std::size_t kWords = 3;
    const auto& words = lines[0].words;
    const auto add = [&](std::size_t word, const std::string& message) {
      findings.add(lines[0].number, words[word].column, message + expected);
    };
    // Any of the words may be the secret, so none is repeated, or kept.
    if (words[0].text != kMagic)
      add(0, "this is no line of a network, ");
    else if (words.size() != kWords)
      add(std::min(words.size() - 1, kWords),
          std::to_string(words.size()) + (words.size() == 1 ? " word, " : " words, "));
    else if (!is_network_name(words[1].text))
      add(1, "this is no network's name (at most 64 letters, digits, '-', '_' and '.', and no '.' first), ");
    else if (!config::from_base64url(words[2].text, line.secret.bytes()))
      add(2, "this is no secret, or not all of it, ");
    else
      line.name = words[1].text;
  }
  findings.throw_if_any();
  return line;
}

fs::path network_file(const std::string& name) { return folder_of_networks() / (name + std::string(kSuffix)); }

Network read_network(const fs::path& file) {
  NetworkLine line = read_line(file);
  return Network(std::move(line.name), line.secret);
}

void write_new_network(const fs::path& file, const NetworkLine& line) {
  write_new_secret_file(file, to_text(line).view(), kind_of_file());
}

bool join_network(const NetworkLine& line) {
  const fs::path file = network_file(line.name);
  make_private_folders(file.parent_path());
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) {
    write_new_network(file, line);
    return true;
  }
  const NetworkLine old = read_line(file);
  if (old.name == line.name && old.secret == line.secret) return false;
  throw ExitError(ExitCode::not_authorised, file.string() + ": another secret is there for the network " + line.name +
                                                ", and stays; to change to the new one: peerProcess network leave " +
                                                line.name + ", then join again");
}

std::vector<std::string> joined_networks() {
  const fs::path folder = folder_of_networks();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (!file.ends_with(kSuffix)) continue;
    const std::string name = file.substr(0, file.size() - kSuffix.size());
    if (is_network_name(name)) names.push_back(name);
  }
  if (error && error != std::errc::no_such_file_or_directory) fail(folder, "this folder cannot be read", error);
  std::ranges::sort(names);
  return names;
}

bool leave_network(const std::string& name) {
  const fs::path file = network_file(name);
  std::error_code error;
  const bool was_there = fs::remove(file, error);
  if (error) fail(file, "cannot be removed", error);
  return was_there;
}

}  // namespace p2p
