// stderr is shared by diagnostics and a progress bar that is redrawn in place; this is the bar's presence on it.
#pragma once

#include <cstddef>
#include <string>

namespace p2p {

/// Removes the bar, if one stands, so that a whole line can be written. The next redraw brings it
/// back. Single-threaded.
void clear_bar();

/// Writes the text's lines to stderr, escaped, below no bar: what a command tells the person who runs it.
void say(const std::string& text);

/// A bar of that many lines stands from now on, the cursor on the last of them.
void bar_drawn(std::size_t lines);

}  // namespace p2p
