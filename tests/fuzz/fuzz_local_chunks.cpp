// local_chunks.txt and the note of what was received: any text is either complained about properly or accepted with
// values in their limits.
#include <set>
#include <string>

#include "config/local_chunks.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace p2p::config {
namespace {

constexpr const char* kFile = "local_chunks.txt";

/// A name that is one component of a path and can be listed again.
void check_name(const std::string& name, std::set<std::string>& names) {
  P2P_ASSERT(!name.empty() && name.size() <= 255 && name != "." && name != ".." && name != "LASTCHUNK");
  P2P_ASSERT(name.find('/') == std::string::npos && name.find('\0') == std::string::npos &&
             name.find('\n') == std::string::npos);
  P2P_ASSERT(names.insert(name).second);
}

void check_list(const LocalChunks& list, std::size_t lines) {
  P2P_ASSERT(list.total >= 1 && list.total <= kMostChunks);
  std::set<std::uint32_t> indexes;
  std::set<std::string> names;
  std::size_t last_line = 0;
  for (const LocalChunk& chunk : list.chunks) {
    P2P_ASSERT(chunk.index >= 1 && chunk.index <= list.total && indexes.insert(chunk.index).second);
    check_name(chunk.name, names);
    P2P_ASSERT(chunk.line > last_line && chunk.line < lines + 1 && chunk.column >= 3);
    last_line = chunk.line;
  }
}

/// The same chunks with the same names, whatever their order.
bool same(LocalChunks a, LocalChunks b) {
  std::ranges::sort(a.chunks, {}, &LocalChunk::index);
  std::ranges::sort(b.chunks, {}, &LocalChunk::index);
  return a.total == b.total && std::ranges::equal(a.chunks, b.chunks, [](const LocalChunk& x, const LocalChunk& y) {
           return x.index == y.index && x.name == y.name;
         });
}

}  // namespace
}  // namespace p2p::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  const std::string text(data, data + size);
  try {
    const LocalChunks list = parse_local_chunks(text, kFile);
    check_list(list, fuzz::lines_of(text).size());
    P2P_ASSERT(same(parse_local_chunks(print_local_chunks(list), kFile), list));
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  try {
    const std::vector<ReceivedChunk> received = parse_received_chunks(text, kFile);
    std::set<std::uint32_t> indexes;
    for (const ReceivedChunk& chunk : received) {
      std::set<std::string> alone;
      check_name(chunk.name, alone);
      P2P_ASSERT(chunk.index >= 1 && chunk.index <= kMostChunks && indexes.insert(chunk.index).second &&
                 chunk.size <= kLargestChunk);
    }
    P2P_ASSERT(parse_received_chunks(print_received_chunks(received), kFile) == received);
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  return 0;
}
