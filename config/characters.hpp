// UTF-8, as far as names and messages need it: where a character ends, and which characters a terminal must not get.
#pragma once

#include <cstddef>
#include <string_view>

namespace p2p::config {

/// The bytes of the UTF-8 character that `text` begins with; 0 when it begins with none (Unicode 15, table 3-7).
std::size_t character_bytes(std::string_view text);

/// The code point of a whole character. Precondition: character_bytes(character) == character.size().
char32_t code_point(std::string_view character);

/// Characters that do something to a terminal or to the text around them in the place of being seen: the controls C0,
/// DEL and C1, separators of lines, what changes the direction of writing, what has no width, and tags.
bool is_unprintable(char32_t character);

/// The columns that a terminal takes for the text, or more: characters from U+1100 on count as wide ones.
std::size_t columns(std::string_view text);

/// The longest beginning of `text` that ends with a whole character and takes at most `width` columns.
std::string_view first_columns(std::string_view text, std::size_t width);

}  // namespace p2p::config
