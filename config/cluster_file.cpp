#include "config/cluster_file.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/host.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r\v\f\n";
constexpr std::string_view kForm = "an entry such as cluster2p[5002] or cluster2@hostp[5002]";

/// Says what is wrong with a cluster's name, as the end of a sentence about it; empty when it may be one.
std::string name_fault(std::string_view name) {
  if (const std::size_t at = name.find_first_of("/[]"); at != std::string_view::npos)
    return "has the character " + std::string(1, name[at]);
  return path_fault(name);
}

struct Place {
  std::size_t line = 1;
  std::size_t column = 1;

  std::string to_string() const { return std::to_string(line) + ":" + std::to_string(column); }
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : text_(text), findings_(file) {}

  std::vector<ClusterEntry> parse() {
    std::size_t start = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    if (text_.find_first_not_of(kBlanks, start) == std::string_view::npos)
      findings_.add("no entries, expected " + std::string(kForm));
    while (start < text_.size()) {
      const std::size_t comma = std::min(text_.find(',', start), text_.size());
      if (!take(start, comma)) break;
      start = comma + 1;
    }
    findings_.throw_if_any();
    return std::move(entries_);
  }

 private:
  /// What stands from `start` to `end`, a comma or the text's end. False when that is the blank rest behind a last
  /// comma.
  bool take(std::size_t start, std::size_t end) {
    const std::size_t first = text_.find_first_not_of(kBlanks, start);
    if (first >= end) {
      go_to(std::min(first, text_.size()));
      if (end < text_.size()) wrong(0, "nothing before the comma, expected " + std::string(kForm));
      return end < text_.size();
    }
    go_to(first);
    const std::string_view entry = text_.substr(first, text_.find_last_not_of(kBlanks, end - 1) + 1 - first);
    if (const std::size_t blank = entry.find_first_of(kBlanks); blank != std::string_view::npos)
      wrong(blank, "blank inside " + in_quotes(entry) + ", expected a comma between entries");
    else
      take_entry(entry);
    return true;
  }

  void take_entry(std::string_view entry) {
    const std::size_t open = entry.rfind('[');
    const std::size_t close = open == std::string_view::npos ? open : entry.find(']', open);
    if (close == std::string_view::npos)
      return wrong(entry.size(),
                   in_quotes(entry) + " has no port in brackets at its end, expected " + std::string(kForm));
    if (close + 1 < entry.size())
      return wrong(close + 1, in_quotes(entry.substr(close + 1)) + " behind the bracket, expected a comma");

    const std::string_view digits = entry.substr(open + 1, close - open - 1);
    const auto port = parse_integer(digits, 1, 65'535);
    if (!port) wrong(open + 1, "port is " + in_quotes(digits) + ", expected an integer from 1 to 65535");

    std::string_view who = entry.substr(0, open);
    const std::size_t sign = std::min(who.find('@'), who.size());
    if (!who.ends_with('p')) {
      const bool misplaced = sign < who.size() && who.substr(0, sign).ends_with('p');
      const std::string expected = misplaced ? "it behind the host: cluster2@hostp[5002]" : std::string(kForm);
      return wrong(open, "no letter p before the bracket in " + in_quotes(entry) + ", expected " + expected);
    }
    who.remove_suffix(1);
    const std::string_view name = who.substr(0, sign);
    const std::string_view host = sign < who.size() ? without_brackets(who.substr(sign + 1)) : "localhost";
    const std::string fault = name_fault(name);
    if (!fault.empty()) wrong(0, "name " + in_quotes(name) + " " + fault + ", expected the name of a cluster's folder");
    if (!is_host(host)) wrong(sign + 1, "host is " + in_quotes(host) + ", expected a name, an IPv4 or an IPv6 address");
    if (fault.empty() && is_host(host) && port)
      keep({std::string(name), std::string(host), static_cast<std::uint16_t>(*port), here_.line}, open + 1);
  }

  void keep(ClusterEntry entry, std::size_t port_at) {
    if (const auto [earlier, is_new] = names_.emplace(entry.name, here_); !is_new)
      wrong(0, in_quotes(entry.name) + " stands here again, first at " + earlier->second.to_string());
    if (const auto [earlier, is_new] = addresses_.emplace(std::pair(entry.host, entry.port), entry.name); !is_new)
      wrong(port_at, "port " + std::to_string(entry.port) + " of " + entry.host + " is taken already by " +
                         in_quotes(earlier->second));
    entries_.push_back(std::move(entry));
  }

  /// Forwards alone, so that a file of many entries is read once.
  void go_to(std::size_t at) {
    for (; at_ < at; ++at_) here_ = text_[at_] == '\n' ? Place{here_.line + 1, 1} : Place{here_.line, here_.column + 1};
  }

  /// `offset` from where we are, on the same line.
  void wrong(std::size_t offset, std::string message) {
    findings_.add(here_.line, here_.column + offset, std::move(message));
  }

  std::string_view text_;
  std::size_t at_ = 0;  ///< Of the entry that is read, in the text.
  Place here_;          ///< The same as line and column.
  Findings findings_;
  std::vector<ClusterEntry> entries_;
  std::map<std::string, Place> names_;
  std::map<std::pair<std::string, std::uint16_t>, std::string> addresses_;
};

}  // namespace

std::vector<ClusterEntry> parse_cluster_file(std::string_view text, const std::string& file) {
  return Parser(text, file).parse();
}

}  // namespace p2p::config
