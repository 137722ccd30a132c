// What a host of contents answers, for tests that wait for it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "peer/http/content_host.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p::test {

/// An answer as a short text: "file NAME SIZE", "folder a:1 b/:5", "several", "nothing: WHY", "unreachable: WHY".
inline std::string describe(const FoundPath& found) {
  struct Describe {
    std::string operator()(const FoundFile& file) const {
      return "file " + file.name + " " + std::to_string(file.size);
    }
    std::string operator()(const FoundFolderPtr& folder) const {
      std::string text = "folder";
      for (const FoundFolder::Entry& entry : folder->entries) {
        text += " " + entry.name + ":" + std::to_string(entry.size);
        if (entry.contents > 1) text += "x" + std::to_string(entry.contents);
      }
      return text;
    }
    std::string operator()(const FoundSeveral&) const { return "several"; }
    std::string operator()(const FoundNothing& nothing) const { return "nothing: " + nothing.why; }
    std::string operator()(const FoundUnreachable& unreachable) const { return "unreachable: " + unreachable.why; }
  };
  return std::visit(Describe{}, found);
}

/// The answer, waited for on the network thread, which is this one.
inline FoundPath find(asio::io_context& io, ContentHost& host, AskedPath asked) {
  std::optional<FoundPath> answer;
  host.find(asked, [&](FoundPath found) { answer = std::move(found); });
  run_until(io, [&] { return answer.has_value(); });
  return std::move(*answer);
}
inline std::string finds(asio::io_context& io, ContentHost& host, const std::string& path) {
  return describe(find(io, host, {.id = {}, .path = path}));
}

}  // namespace p2p::test
