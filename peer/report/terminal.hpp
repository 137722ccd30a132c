// stderr is shared by diagnostics and a progress bar that is redrawn in place; this is the bar's presence on it.
#pragma once

namespace p2p {

/// Removes the bar, if one stands on the current line, so that a whole line can be written. The next redraw brings it
/// back. Single-threaded.
void clear_bar();

/// A bar stands on the current line from now on.
void bar_drawn();

}  // namespace p2p
