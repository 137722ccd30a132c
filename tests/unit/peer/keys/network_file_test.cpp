// The line of a network, and the files in which a user keeps the lines.
#include "peer/keys/network_file.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/secret_files.hpp"
#include "tests/support/variable.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::ending_of;
using test::mode_of;
using test::TempDir;
using test::Variable;
using test::write_with_mode;

const std::string kSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";  // bytes 0 to 31
const std::string kText = "peerProcess-network lab " + kSecret + "\n";
const std::string kExpected =
    "expected the line that peerProcess network new printed: peerProcess-network NAME SECRET, the secret of 43 "
    "characters";

NetworkLine parsed(std::string_view text) { return parse_network_line(text, "stdin"); }

TEST_CASE("a line says a name and a secret, and is printed again as it was", "[keys]") {
  const NetworkLine line = parsed(kText);
  CHECK(line.name == "lab");
  for (std::size_t i = 0; i < 32; ++i) CHECK(line.secret.bytes()[i] == static_cast<std::byte>(i));
  CHECK(to_text(line).view() == kText);
}

TEST_CASE("a line from a mail or another system reads the same", "[keys]") {
  for (const std::string& text : {kText.substr(0, kText.size() - 1), "\n\n  " + kText + "\n", "\xef\xbb\xbf" + kText,
                                  "peerProcess-network\tlab  " + kSecret + " \r\n", "# of the lab\n" + kText})
    CHECK(to_text(parsed(text)).view() == kText);
}

TEST_CASE("a line in the place of its file's name is not repeated", "[keys]") {
  for (const std::string& text : {kText, kText.substr(0, kText.size() - 1), kSecret}) {
    const std::string said = ending_of([&] { read_network(text); });
    CHECK(said.find(kSecret.substr(0, 8)) == std::string::npos);
    CHECK(said.starts_with("28: the line of a network stands where the name of its file is expected"));
  }
}

TEST_CASE("each new network has another secret", "[keys]") {
  const NetworkLine one = new_network("lab"), other = new_network("lab");
  CHECK(one.name == "lab");
  CHECK_FALSE(one.secret == other.secret);
  CHECK(parsed(to_text(one).view()).secret == one.secret);
}

TEST_CASE("what is no line is shown with its place, and not repeated", "[keys]") {
  const auto wrong = [](const std::string& text) {
    const std::string said = ending_of([&] { parsed(text); });
    INFO(said);
    CHECK(said.ends_with(kExpected));
    CHECK(said.find(kSecret.substr(0, 8)) == std::string::npos);
    return said.substr(0, said.size() - std::min(kExpected.size(), said.size()));
  };
  CHECK(wrong("") == "64: stdin: nothing is there, ");
  CHECK(wrong("# peerProcess-network\n") == "64: stdin: nothing is there, ");
  CHECK(wrong(kText + kText) == "64: stdin:2:1: a second line, ");
  CHECK(wrong(kSecret) == "64: stdin:1:1: this is no line of a network, ");
  CHECK(wrong("lab " + kSecret) == "64: stdin:1:1: this is no line of a network, ");
  CHECK(wrong(" peerprocess-network lab " + kSecret) == "64: stdin:1:2: this is no line of a network, ");
  CHECK(wrong("peerProcess-network") == "64: stdin:1:1: 1 word, ");
  CHECK(wrong("peerProcess-network " + kSecret) == "64: stdin:1:21: 2 words, ");
  CHECK(wrong("peerProcess-network lab " + kSecret + " more") == "64: stdin:1:69: 4 words, ");
  CHECK(wrong("peerProcess-network .lab " + kSecret) ==
        "64: stdin:1:21: this is no network's name (at most 64 letters, digits, '-', '_' and '.', and no '.' first), ");
  CHECK(wrong("peerProcess-network " + kSecret + " lab") == "64: stdin:1:65: this is no secret, or not all of it, ");
  for (const std::string& secret : {kSecret.substr(1), kSecret + "A", kSecret + "=", kSecret.substr(0, 42) + "9",
                                    kSecret.substr(0, 42) + "+", std::string(43, '*')})
    CHECK(wrong("peerProcess-network lab " + secret) == "64: stdin:1:25: this is no secret, or not all of it, ");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string with = kSecret.substr(0, 20) + static_cast<char>(byte) + kSecret.substr(21);
    const bool is_digit = (std::isalnum(byte) != 0 && byte < 128) || byte == '-' || byte == '_';
    CHECK(ending_of([&] { parsed("peerProcess-network lab " + with); }).empty() == is_digit);
  }
}

TEST_CASE("names of networks are names of files", "[keys]") {
  for (const std::string& name : {std::string("a"), std::string("lab-2_x.y"), std::string("-"), std::string(64, 'n')})
    CHECK(is_network_name(name));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".a"), std::string("a/b"), std::string("a b"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a\n"), std::string(65, 'n')})
    CHECK_FALSE(is_network_name(name));
}

TEST_CASE("the file of a network is in the user's folder of configuration", "[keys]") {
  const Variable home("HOME", "/home/u");
  {
    const Variable config("XDG_CONFIG_HOME", nullptr);
    CHECK(network_file("lab") == "/home/u/.config/peerProcess/lab.network");
  }
  {
    const Variable config("XDG_CONFIG_HOME", "/etc/u");
    CHECK(network_file("lab") == "/etc/u/peerProcess/lab.network");
  }
  for (const char* const relative : {"", "etc"}) {
    const Variable config("XDG_CONFIG_HOME", relative);
    CHECK(network_file("lab") == "/home/u/.config/peerProcess/lab.network");
  }
}

struct Joined {
  Joined() : config("XDG_CONFIG_HOME", (dir / "config").c_str()) {}

  TempDir dir;
  Variable config;
};

TEST_CASE("a network is joined once, and left", "[keys]") {
  const Joined user;
  CHECK(joined_networks().empty());
  CHECK_FALSE(leave_network("lab"));
  const NetworkLine line = parsed(kText);
  CHECK(join_network(line));
  CHECK(mode_of(network_file("lab")) == 0600);
  CHECK(mode_of(user.dir / "config/peerProcess") == 0700);
  CHECK(mode_of(user.dir / "config") == 0700);
  CHECK(user.dir.read("config/peerProcess/lab.network") == kText);
  CHECK_FALSE(join_network(line));
  CHECK(join_network(new_network("a")));
  CHECK(joined_networks() == std::vector<std::string>{"a", "lab"});
  CHECK(leave_network("lab"));
  CHECK_FALSE(leave_network("lab"));
  CHECK(joined_networks() == std::vector<std::string>{"a"});
}

TEST_CASE("a secret that was joined is never replaced by another", "[keys]") {
  const Joined user;
  join_network(parsed(kText));
  const std::string said = ending_of([] { join_network(new_network("lab")); });
  CHECK(said == "66: " + network_file("lab").string() +
                    ": another secret is there for the network lab, and stays; to change to the new one: peerProcess "
                    "network leave lab, then join again");
  CHECK(user.dir.read("config/peerProcess/lab.network") == kText);
}

TEST_CASE("a network's folder may be there, and others' files are left alone", "[keys]") {
  const Joined user;
  for (const char* const name : {"notes", "a b.network", ".hidden.network", ".network"})
    user.dir.write("config/peerProcess/" + std::string(name), "mine");
  CHECK(joined_networks().empty());
  CHECK(join_network(parsed(kText)));
  CHECK(joined_networks() == std::vector<std::string>{"lab"});
  CHECK(user.dir.read("config/peerProcess/.network") == "mine");
}

TEST_CASE("a folder of networks that cannot be made or read is an error", "[keys]") {
  const Joined user;
  user.dir.write("config", "a file");
  const std::string folder = (user.dir / "config/peerProcess").string();
  CHECK(ending_of([] { join_network(parsed(kText)); }).starts_with("17: " + folder + ": this folder cannot be made: "));
  CHECK(ending_of([] { joined_networks(); }).starts_with("17: " + folder + ": this folder cannot be read: "));
}

TEST_CASE("what was planted in the place of a network's file is not followed", "[keys]") {
  const Joined user;
  user.dir.write("config/peerProcess/notes", "mine");
  fs::create_symlink(user.dir / "victim", network_file("lab"));
  CHECK(ending_of([] { join_network(parsed(kText)); }).starts_with("66: "));
  CHECK_FALSE(user.dir.has("victim"));
}

TEST_CASE("a network is read from its file, which must be its owner's alone", "[keys]") {
  const TempDir dir;
  const NetworkLine line = parsed(kText);
  write_new_network(dir / "a", line);
  const Network network = read_network(dir / "a");
  CHECK(network.name() == "lab");
  CHECK(network.is_private());
  CHECK(network == Network("lab", line.secret));
  CHECK(ending_of([&] { write_new_network(dir / "a", line); }).starts_with("17: "));
  CHECK(ending_of([&] { read_network(write_with_mode(dir, "b", kText, 0640)); }).starts_with("66: "));
  CHECK(ending_of([&] { read_network(dir / "none"); }) ==
        "66: " + (dir / "none").string() +
            ": there is no such file of a network; peerProcess network join makes it of the line that a member has");
  const fs::path wrong = write_with_mode(dir, "c", "peerProcess-network lab\n");
  CHECK(ending_of([&] { read_network(wrong); }) == "64: " + wrong.string() + ":1:21: 2 words, " + kExpected);
}

}  // namespace
}  // namespace p2p
