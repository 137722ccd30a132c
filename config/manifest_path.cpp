#include "config/manifest_path.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "config/characters.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::size_t kLongestPath = 4'096;
constexpr std::size_t kLongestPart = 255;

std::string character_fault(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t bytes = character_bytes(path.substr(at));
    if (bytes == 0) return "is not UTF-8";
    const auto first = static_cast<unsigned char>(path[at]);
    const bool c1 = first == 0xc2 && static_cast<unsigned char>(path[at + 1]) < 0xa0;
    if (first < 0x20 || first == 0x7f || c1) return "has a control character";
    at += bytes;
  }
  return {};
}

/// Ignores the case of ASCII letters, and puts what is in a folder right behind the folder.
unsigned char folded(char c) {
  if (c == '/') return 0;
  return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool folded_less(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, {}, folded, folded);
}

/// How many bytes of whole parts `a` and `b` begin with in common, by folded().
std::size_t common_parts(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::ranges::mismatch(a, b, {}, folded, folded);
  const auto at = static_cast<std::size_t>(in_a - a.begin());
  const auto ends = [at](std::string_view path) { return at == path.size() || path[at] == '/'; };
  if (ends(a) && ends(b)) return at;
  const std::size_t slash = a.substr(0, at).rfind('/');
  return slash == std::string_view::npos ? 0 : slash;
}

/// Says what is wrong between neighbors in the folded order.
std::optional<std::string> fault_between(std::string_view a, std::string_view b) {
  const std::size_t common = common_parts(a, b);
  const auto [in_a, in_b] = std::ranges::mismatch(a.substr(0, common), b.substr(0, common));
  const auto differs = static_cast<std::size_t>(in_a - a.begin());
  if (differs < common) {
    const std::size_t end = std::min(a.find('/', differs), common);
    return in_quotes(a.substr(0, end)) + " and " + in_quotes(b.substr(0, end)) + " differ only in case";
  }
  if (common < a.size()) return std::nullopt;
  if (common == b.size()) return in_quotes(a) + " is there twice";
  return in_quotes(a) + " is also the folder of " + in_quotes(b);
}

}  // namespace

std::string path_fault(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kLongestPath) return "is longer than " + std::to_string(kLongestPath) + " bytes";
  if (path.starts_with('/')) return "is absolute";
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty()) return "has an empty part";
    if (part == "." || part == "..") return "has the part " + std::string(part);
    if (part.size() > kLongestPart) return "has a part of more than " + std::to_string(kLongestPart) + " bytes";
    start = end + 1;
  }
  return character_fault(path);
}

std::optional<std::string> path_collision(std::span<const std::string_view> paths) {
  std::vector<std::string_view> sorted(paths.begin(), paths.end());
  std::ranges::sort(sorted, folded_less);
  // All paths with the same beginning stand together, so if any two collide, two neighbors do.
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (auto fault = fault_between(sorted[i - 1], sorted[i])) return fault;
  return std::nullopt;
}

std::vector<std::string_view> folders_of(std::string_view path) {
  std::vector<std::string_view> folders;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1))
    folders.push_back(path.substr(0, slash));
  return folders;
}

}  // namespace p2p::config
