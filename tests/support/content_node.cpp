// Serves the files of a folder by HTTP as a node does that has them all: content_node FOLDER [OPTIONS of --http].
// It ends with its standard input. A file's id is the SHA-256 of its bytes.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "peer/commands/http_options.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/http_service.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/fake_content_host.hpp"

namespace {

namespace fs = std::filesystem;
using namespace p2p;

/// All files, and all folders that they are in.
void offer(const fs::path& folder, test::FakeContentHost& host) {
  std::map<std::string, std::map<std::string, FoundFolder::Entry>> folders;
  folders[""];
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    if (!each.is_regular_file()) continue;
    std::ifstream in(each.path(), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    const ContentId id = sha256(std::as_bytes(std::span(bytes)));
    const std::string path = fs::relative(each.path(), folder).string();
    const auto source = std::make_shared<test::FakeSource>(std::move(bytes));
    const FoundFile file{id, each.path().filename().string(), source->size(), source};
    host.add(path, file);
    host.add(test::FakeContentHost::by_id(id), file);
    for (std::size_t end = path.size(), begin; end != std::string::npos && end > 0; end = begin) {
      begin = path.rfind('/', end - 1);
      const std::size_t name = begin == std::string::npos ? 0 : begin + 1;
      auto& entry = folders[path.substr(0, name)][path.substr(name, end - name)];
      entry.size += file.size;
      entry.name = path.substr(name, end - name) + (end == path.size() ? "" : "/");
      if (end == path.size()) entry.id = id;
    }
  }
  for (const auto& [path, entries] : folders) {
    FoundFolder found{};
    for (const auto& [name, entry] : entries) found.entries.push_back(entry);
    host.add(path, found);
    if (!path.empty()) host.add(path.substr(0, path.size() - 1), found);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  std::string folder;
  HttpOptions options;
  bool is_private = false;
  app.add_option("FOLDER", folder)->required();
  app.add_flag("--private", is_private);
  add_http_options(app, options);
  try {
    app.parse(argc, argv);
    check_http_options(options);
    test::FakeContentHost host;
    offer(folder, host);
    const HttpService service(host, options, is_private);
    char byte;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
  } catch (const CLI::ParseError& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(ExitCode::usage);
  } catch (const ExitError& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  }
}
