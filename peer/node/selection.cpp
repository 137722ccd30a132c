#include "peer/node/selection.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "config/manifest.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

constexpr const char* kWildcards = "*?[";

std::string lower(std::string path) {
  std::ranges::transform(path, path.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return path;
}

bool is_name_of_ours(const std::string& name) {
  return ("/" + name + "/").find("/.peerProcess/") != std::string::npos ||
         ("/" + name).find("/.peerProcess-") != std::string::npos;
}

}  // namespace

Wanted wanted_by(const std::string& word) {
  if (word.find_first_of(kWildcards) != std::string::npos) return {Wanted::Kind::pattern, word};
  return {word.ends_with('/') ? Wanted::Kind::folder : Wanted::Kind::name, word};
}

bool matches(const Wanted& wanted, const std::string& name) {
  switch (wanted.kind) {
    case Wanted::Kind::name: return name == wanted.text;
    case Wanted::Kind::folder: return name.starts_with(wanted.text);
    case Wanted::Kind::pattern:
      return name == wanted.text || ::fnmatch(wanted.text.c_str(), name.c_str(), FNM_PATHNAME | FNM_NOESCAPE) == 0;
    case Wanted::Kind::all: return true;
  }
  return false;
}

std::string question_for(const Wanted& wanted) {
  if (wanted.kind == Wanted::Kind::all) return "/";
  if (wanted.kind != Wanted::Kind::pattern) return wanted.text;
  const std::string literal = wanted.text.substr(0, wanted.text.find_first_of(kWildcards));
  const std::size_t slash = literal.rfind('/');
  return slash == std::string::npos ? "/" : literal.substr(0, slash + 1);
}

std::string NameSpace::add(const std::string& name) {
  if (is_name_of_ours(name)) return "is a name of peerProcess' own files";
  if (const std::string fault = config::file_name_fault(name.substr(name.rfind('/') + 1)); !fault.empty()) return fault;
  std::vector<std::string_view> paths = config::folders_of(name);
  paths.push_back(name);
  for (const std::string_view path : paths) {
    const auto found = taken_.find(lower(std::string(path)));
    if (found == taken_.end()) continue;
    const auto& [taken, is_file] = found->second;
    if (taken != path)
      return "differs from " + config::in_quotes(taken) +
             " only in case, and the two would be one where names have none";
    if (is_file) return "is in " + config::in_quotes(taken) + ", which is a file's name, too";
    if (path == name) return "is the name of a folder, too";
  }
  for (const std::string_view path : paths)
    taken_.try_emplace(lower(std::string(path)), Taken{std::string(path), path == name});
  return {};
}

}  // namespace p2p
