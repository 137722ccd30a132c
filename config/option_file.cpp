#include "config/option_file.hpp"

#include <algorithm>
#include <optional>

#include "config/config_error.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_key(std::string_view word) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !word.empty() && word[0] != '-' && std::ranges::all_of(word, fits);
}

/// A `#` that begins a word begins a comment.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1))
    if (at == 0 || kBlanks.find(text[at - 1]) != std::string_view::npos) return text.substr(0, at);
  return text;
}

/// What follows the `=`. None where a quote has no end, or something stands behind it.
std::optional<std::string_view> value_of(std::string_view text) {
  const std::string_view trimmed = without_blanks(text);
  if (trimmed.empty() || (trimmed[0] != '"' && trimmed[0] != '\'')) return without_blanks(without_comment(text));
  const std::size_t end = trimmed.find(trimmed[0], 1);
  if (end == std::string_view::npos || !without_blanks(without_comment(trimmed.substr(end + 1))).empty())
    return std::nullopt;
  return trimmed.substr(1, end - 1);
}

}  // namespace

std::vector<OptionLine> parse_option_file(std::string_view text, const std::string& file) {
  Findings findings(file);
  std::vector<OptionLine> options;
  for (const Line& line : split_lines(text)) {
    const Word& first = line.words.front();
    const std::string_view rest = text.substr(static_cast<std::size_t>(first.text.data() - text.data()));
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    const std::size_t sign = whole.find('=');
    const std::string_view key = without_blanks(whole.substr(0, sign));
    if (sign == std::string_view::npos || !is_key(key)) {
      findings.add(line.number, first.column,
                   in_quotes(sign == std::string_view::npos ? first.text : key) +
                       " is no option, expected OPTION = VALUE, such as port = 5000");
      continue;
    }
    const std::size_t column = first.column + sign + 1;
    const auto value = value_of(whole.substr(sign + 1));
    if (!value)
      findings.add(line.number, column, "expected a value in quotes that ends where the line, or its comment, does");
    else if (value->empty())
      findings.add(line.number, column, "expected a value for " + std::string(key));
    else if (value->find('\0') != std::string_view::npos)
      findings.add(line.number, column, "the value of " + std::string(key) + " has a zero byte");
    else
      options.push_back({line.number, first.column, std::string(key), std::string(*value)});
  }
  findings.throw_if_any();
  return options;
}

}  // namespace p2p::config
