// Catalogs: any text is either complained about properly or accepted with every invariant kept, and what is accepted
// survives being written and read again.
#include <algorithm>
#include <string>

#include "config/catalog.hpp"
#include "config/manifest_path.hpp"
#include "tests/fuzz/config_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  constexpr const char* kSource = "a node's catalog";
  const std::string text(data, data + size);
  try {
    const std::vector<CatalogEntry> entries = parse_catalog(text, kSource);
    P2P_ASSERT(std::ranges::adjacent_find(entries, std::ranges::greater_equal{}, &CatalogEntry::name) == entries.end());
    for (const CatalogEntry& entry : entries)
      P2P_ASSERT(path_fault(entry.name).empty() && entry.size <= CatalogEntry::kMaxSize);
    const std::string written = catalog_text(entries);
    P2P_ASSERT(parse_catalog(written, kSource) == entries);
    P2P_ASSERT(catalog_text(parse_catalog(written, kSource)) == written);
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kSource);
  }
  return 0;
}
