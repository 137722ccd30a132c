// Which network --network and --network-key mean.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config_error.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/network_file.hpp"
#include "tests/support/command_lines.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::network_secret;
using test::parsed;
using test::private_network;
using test::refused;

/// A user with a configuration of his own.
class User {
 public:
  /// Writes the line of a network where `network join` does.
  fs::path joins(const std::string& name, unsigned secret = 0) const {
    return writes(network_file(name), name, secret);
  }
  fs::path writes(const fs::path& file, const std::string& name, unsigned secret = 0) const {
    fs::create_directories(file.parent_path());
    write_new_network(file, {name, network_secret(secret)});
    return file;
  }
  fs::path operator/(const std::string& name) const { return dir_ / name; }

 private:
  test::TempDir dir_;
  test::Variable config_{"XDG_CONFIG_HOME", dir_.path().c_str()};
};

Network network_by(std::vector<std::string> options) {
  options.insert(options.begin(), "ls");
  return parsed<LsOptions>(options).net.network;
}

std::optional<ExitCode> code_of(const std::vector<std::string>& options) {
  try {
    network_by(options);
  } catch (const ExitError& error) {
    return error.code();
  } catch (const config::ConfigError&) {
    return ExitCode::bad_configuration;
  }
  return std::nullopt;
}

TEST_CASE("a network is open where nobody has joined a private one of its name", "[command line]") {
  const User user;
  user.joins("lab");
  CHECK(network_by({}) == Network("default"));
  CHECK(network_by({"--network", "mine"}) == Network("mine"));
  // No name of a file, so there is none to look for.
  for (const std::string name : {"", "a b", "a/../lab", "../lab", ".lab"})
    CHECK(network_by({"--network", name}) == Network(name));
}

TEST_CASE("a network that was joined is private under its name, whatever the command is", "[command line]") {
  const User user;
  user.joins("lab");
  user.joins("default", 7);
  CHECK(network_by({"--network", "lab"}) == private_network("lab"));
  CHECK(network_by({}) == private_network("default", 7));
  CHECK(parsed<GetOptions>({"get", "f", "--network", "lab"}).net.network == private_network("lab"));
  CHECK(parsed<ShareOptions>({"share", "--folder", "/", "--network", "lab"}).net.network == private_network("lab"));
}

TEST_CASE("a network's file may be elsewhere", "[command line]") {
  const User user;
  user.joins("lab", 1);
  const std::string file = user.writes(user / "elsewhere" / "key", "lab").string();
  CHECK(network_by({"--network-key", file}) == private_network("lab"));
  CHECK(network_by({"--network-key", file, "--network", "lab"}) == private_network("lab"));
  CHECK(refused({"ls", "--network-key", file, "--network", "lab2"}));
  CHECK(refused({"ls", "--network-key", file, "--network", "default"}));
}

TEST_CASE("a file that is no network's of this name does not make an open network", "[command line]") {
  const User user;
  fs::create_directories(network_file("lab").parent_path());
  fs::rename(user.joins("other"), network_file("lab"));
  CHECK(code_of({"--network", "lab"}) == ExitCode::bad_configuration);
  fs::permissions(user.joins("open"), fs::perms::others_read, fs::perm_options::add);
  CHECK(code_of({"--network", "open"}) == ExitCode::not_authorised);
  fs::create_directory_symlink(user / "nowhere", network_file("dangling"));
  CHECK(code_of({"--network", "dangling"}));
  fs::create_directory(network_file("folder"));
  CHECK(code_of({"--network", "folder"}));
  CHECK(code_of({"--network-key", (user / "nowhere").string()}));
}

}  // namespace
}  // namespace p2p
