#include "peer/discovery/dht_module.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/text.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

constexpr const char* kFile = "peerProcess-dht.so";
constexpr const char* kWithoutIt = "; or leave out --dht, which only networks of thousands of nodes need";

std::vector<std::filesystem::path> places() {
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  return {folder / kFile, folder.parent_path() / "lib" / "peerProcess" / kFile};
}

/// Empty where there is none.
std::filesystem::path find_file() {
  std::error_code error;
  for (const auto& place : places())
    if (std::filesystem::exists(place, error)) return place;
  return {};
}

struct Module {
  OpenDhtNode* open = nullptr;
  std::string problem;
};

Module load() {
  const std::filesystem::path file = find_file();
  if (file.empty())
    return {.problem = "there is no DHT: neither " + config::in_quotes(places()[0].string()) + " nor " +
                       config::in_quotes(places()[1].string()) +
                       " is there; building makes it where OpenDHT is installed, which Debian 12 and Ubuntu 24.04 "
                       "have as libopendht-dev and Debian 13 does not have" +
                       kWithoutIt};
  const std::string named = "the DHT's module " + config::in_quotes(file.string());
  // It is never unloaded: OpenDHT leaves behind what ends with the process.
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return {.problem = named + " cannot be loaded: " + config::printable(::dlerror()) + kWithoutIt};
  const auto* const identity = static_cast<const char*>(::dlsym(handle, kDhtIdentitySymbol));
  const auto open = reinterpret_cast<OpenDhtNode*>(::dlsym(handle, kDhtOpenSymbol));
  if (identity == nullptr || open == nullptr || std::string_view(identity) != PEER_DHT_IDENTITY)
    return {.problem = named + " is another version's: it is for " +
                       (identity == nullptr ? "no version at all" : config::in_quotes(identity)) +
                       ", and this program is " + config::in_quotes(PEER_DHT_IDENTITY) +
                       "; install both from one build" + kWithoutIt};
  return {.open = open, .problem = {}};
}

const Module& module() {
  static const Module loaded = load();
  return loaded;
}

}  // namespace

bool has_dht_module() { return !find_file().empty(); }

std::string no_dht() { return module().problem; }

std::unique_ptr<DhtNode> open_dht_node(asio::io_context& io, const DhtNodeOptions& options,
                                       const std::function<void(bool)>& on_connected) {
  P2P_ASSERT(module().open != nullptr);
  const auto post = [&io](std::function<void()> action) { asio::post(io, std::move(action)); };
  return std::unique_ptr<DhtNode>(module().open(options, post, on_connected));
}

}  // namespace p2p
