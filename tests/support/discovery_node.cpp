// One node or client of a DHT, for tests/e2e/test_discovery.py: commands on stdin, a line each, results on stdout.
//
//   discovery_node NETWORK [--network-key FILE] [--self ID HOST PORT] [--join HOST PORT]...
//
//   announce SIZE CONTENT NAME    withdraw SIZE CONTENT NAME       (ok)
//   name NAME    content CONTENT                                   (found ID HOST PORT SIZE CONTENT NAME)... done
//   nodes                                                          (found ID HOST PORT)... done
//   unheard NAME    searches and ends without waiting for an answer
//
// Ends with the input or with SIGTERM, as a node does: with a farewell.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "config/hex.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/network_file.hpp"

namespace p2p {
namespace {

std::string text_of(const Node& node) {
  return std::to_string(node.peer.value) + " " + node.host + " " + std::to_string(node.port);
}

class Console {
 public:
  Console(asio::io_context& io, Discovery& discovery)
      : io_(io), discovery_(discovery), input_(io, ::dup(STDIN_FILENO)) {
    read();
  }

 private:
  void read() {
    asio::async_read_until(input_, asio::dynamic_buffer(buffer_), '\n',
                           [this](const std::error_code& error, std::size_t bytes) {
                             if (error) return io_.stop();
                             const std::string line = buffer_.substr(0, bytes - 1);
                             buffer_.erase(0, bytes);
                             obey(line);
                             read();
                           });
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command >> std::ws;
    const auto on_found = [](const Found& found) {
      std::cout << "found " << text_of(found.node) << ' ' << found.holding.size << ' '
                << config::to_hex(found.holding.id) << ' ' << found.holding.name << '\n';
    };
    const auto on_done = [] { std::cout << "done" << std::endl; };
    if (command == "announce" || command == "withdraw") {
      const Holding holding = read_holding(words);
      command == "announce" ? discovery_.announce(holding) : discovery_.withdraw(holding);
      std::cout << "ok" << std::endl;
    } else if (command == "name") {
      discovery_.find_name(read_name(words), on_found, on_done);
    } else if (command == "content") {
      discovery_.find_content(read_content(words), on_found, on_done);
    } else if (command == "nodes") {
      discovery_.find_nodes([](const Node& node) { std::cout << "found " << text_of(node) << '\n'; }, on_done);
    } else if (command == "unheard") {
      discovery_.find_name(read_name(words), on_found, on_done);
      io_.stop();
    } else {
      throw ExitError(ExitCode::usage, "no command: " + line);
    }
  }

  static std::string read_name(std::istream& words) {
    std::string name;
    std::getline(words, name);
    return name;
  }

  static ContentId read_content(std::istream& words) {
    std::string digits;
    words >> digits;
    ContentId id;
    if (!config::from_hex(digits, id)) throw ExitError(ExitCode::usage, "no content id: " + digits);
    return id;
  }

  static Holding read_holding(std::istream& words) {
    Holding holding;
    words >> holding.size;
    holding.id = read_content(words);
    words >> std::ws;
    holding.name = read_name(words);
    return holding;
  }

  asio::io_context& io_;
  Discovery& discovery_;
  asio::posix::stream_descriptor input_;
  std::string buffer_;
};

std::uint16_t port_of(const std::string& word) { return static_cast<std::uint16_t>(std::stoul(word)); }

DiscoveryOptions parse(const std::vector<std::string>& arguments) {
  DiscoveryOptions options{.network = Network(arguments.at(0))};
  for (std::size_t i = 1; i < arguments.size();) {
    if (arguments[i] == "--self") {
      options.self = Node{PeerId{static_cast<std::uint32_t>(std::stoul(arguments.at(i + 1)))}, arguments.at(i + 2),
                          port_of(arguments.at(i + 3))};
      options.port = options.self->port;
      i += 4;
    } else if (arguments[i] == "--network-key") {
      options.network = read_network(arguments.at(i + 1));
      i += 2;
    } else {
      options.join.push_back({arguments.at(i + 1), port_of(arguments.at(i + 2))});
      i += 3;
    }
  }
  return options;
}

void run(const DiscoveryOptions& options) {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&io](const std::error_code&, int) { io.stop(); });
  const auto discovery = make_dht(io, options);
  std::cout << "up" << std::endl;
  Console console(io, *discovery);
  io.run();
}

}  // namespace
}  // namespace p2p

int main(int argc, char** argv) {
  try {
    spdlog::set_default_logger(spdlog::stderr_logger_st("discovery_node"));  // stdout is for results
    p2p::run(p2p::parse({argv + 1, argv + argc}));
    return 0;
  } catch (const p2p::ExitError& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
