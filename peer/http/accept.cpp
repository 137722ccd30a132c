#include "peer/http/accept.hpp"

#include <vector>

#include "peer/http/field.hpp"

namespace p2p {
namespace {

/// In thousandths; a weight that is none counts as 1.
unsigned weight_of(std::span<const std::string_view> parameters) {
  constexpr unsigned kFull = 1000;
  for (const std::string_view parameter : parameters) {
    if (parameter.size() < 2 || !is_same_word(parameter.substr(0, 2), "q=")) continue;
    const std::string_view value = parameter.substr(2);
    if (!value.starts_with('0')) return kFull;
    unsigned weight = 0, unit = kFull / 10;
    for (std::size_t i = 2; i < value.size() && i < 5 && value[i] >= '0' && value[i] <= '9'; ++i, unit /= 10)
      weight += static_cast<unsigned>(value[i] - '0') * unit;
    return weight;
  }
  return kFull;
}

/// How well a range of types fits: 3 is the type itself, 2 all of its kind, 1 everything, 0 it does not.
int fit_of(std::string_view range, std::string_view type) {
  if (is_same_word(range, type)) return 3;
  if (range == "*/*") return 1;
  const std::string_view kind = type.substr(0, type.find('/') + 1);
  return range.size() == kind.size() + 1 && range.ends_with('*') && is_same_word(range.substr(0, kind.size()), kind)
             ? 2
             : 0;
}

}  // namespace

std::size_t preferred(std::string_view accept, std::span<const std::string_view> offered) {
  std::vector<int> fits(offered.size(), 0);
  std::vector<unsigned> weights(offered.size(), 0);
  for (const std::string_view element : list_words(accept)) {
    const auto words = list_words(element, ';');
    if (words.empty()) continue;
    const unsigned weight = weight_of(std::span(words).subspan(1));
    for (std::size_t i = 0; i < offered.size(); ++i)
      if (const int fit = fit_of(words.front(), offered[i]); fit > fits[i]) {
        fits[i] = fit;
        weights[i] = weight;
      }
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < offered.size(); ++i)
    if (weights[i] > weights[best]) best = i;
  return best;
}

}  // namespace p2p
