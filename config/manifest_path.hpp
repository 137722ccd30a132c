// Which paths may stand in a manifest. A manifest comes from somebody else, and its paths become files here: no path
// may leave the content's folder, be several things on a terminal or a file system, or meet another path.
//
// Unicode normalisation is no business of this module: two spellings of the same letter are two names, as on Linux.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::config {

/// Says what is wrong with `path`, as the end of a sentence about it; empty when it may stand in a manifest: relative,
/// parts separated by `/`, no part empty, `.` or `..`, at most 255 bytes a part and 4,096 in all, UTF-8, no control
/// characters (C0, DEL, C1). A backslash is an ordinary character.
std::string path_fault(std::string_view path);

/// A sentence about two paths that cannot be in one folder, if there are such: the same path twice, a file that is also
/// another path's folder, or paths or folders of paths that differ in the case of ASCII letters only, and would be one
/// on file systems that ignore case.
/// Precondition: path_fault() finds nothing in any of them. O(n log n) comparisons, no copies of paths.
std::optional<std::string> path_collision(std::span<const std::string_view> paths);

/// The folders that a path is in, from the outermost on: "a", "a/b" of "a/b/c". They are parts of `path`, so what it
/// views outlives them.
std::vector<std::string_view> folders_of(std::string_view path);

}  // namespace p2p::config
