// Words in the fields of a request: RFC 9110, section 5.6. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace p2p {

/// Whether they are the same but for the case of ASCII letters.
bool is_same_word(std::string_view one, std::string_view other);

/// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The elements of a list with commas, trimmed, without empty ones. Commas in quotes separate nothing.
std::vector<std::string_view> list_words(std::string_view text, char separator = ',');

}  // namespace p2p
