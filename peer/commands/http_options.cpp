#include "peer/commands/http_options.hpp"

#include <CLI/CLI.hpp>
#include <string>

#include "config/host.hpp"
#include "peer/commands/place_word.hpp"

namespace p2p {

void add_http_options(CLI::App& app, HttpOptions& options) {
  app.add_option_function<std::string>(
         "--http", [&options](const std::string& word) { options.place = parse_place("--http", word); },
         "Serve what the network has by HTTP at PORT of the loopback (0: any that is free), HOST:PORT or unix:PATH, "
         "for "
         "curl, wget, pip, apt and browsers: /NAME and /content/ID (docs/HTTP.md)")
      ->type_name("PLACE");
  app.add_option("--http-token", options.token,
                 "The file, of mode 600, with the token that readers of --http must say; needed in a private network, "
                 "and where HOST is not the loopback and there is no --http-cert")
      ->type_name("FILE");
  app.add_option("--http-cert", options.certificate, "The certificate, PEM with its chain, by which --http is https")
      ->type_name("FILE");
  app.add_option("--http-key", options.key, "The file, of mode 600, with the private key of --http-cert, PEM")
      ->type_name("FILE");
  app.add_option("--http-name", options.names,
                 "One more host name under which readers may call us; loopback names and the HOST of --http are known")
      ->type_name("NAME")
      ->check([](const std::string& word) {
        return config::is_host(word) ? std::string() : "\"" + word + "\" is no host name";
      });
}

void check_http_options(const HttpOptions& options) {
  if (!options.place) {
    if (!options.token.empty()) throw CLI::ValidationError("--http-token", "there is no --http that it is for");
    if (!options.certificate.empty()) throw CLI::ValidationError("--http-cert", "there is no --http that it is for");
    if (!options.key.empty()) throw CLI::ValidationError("--http-key", "there is no --http that it is for");
    if (!options.names.empty()) throw CLI::ValidationError("--http-name", "there is no --http that it is for");
  }
  if (options.certificate.empty() != options.key.empty())
    throw CLI::ValidationError(options.key.empty() ? "--http-cert" : "--http-key",
                               "a certificate and its key belong together: say --http-cert FILE and --http-key FILE");
}

}  // namespace p2p
