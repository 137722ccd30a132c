// What the path of a request asks for. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "peer/http/content_host.hpp"

namespace p2p {

struct AskedTarget {
  AskedPath asked;
  bool has_slash;  ///< At its end: it asks for a listing. So does the path of all names, "/".
};

struct TargetFault {
  std::string why;  ///< A sentence without its full stop.
};

/// Reads the path of a request: `/NAME` or `/content/ID[/PATH]`, as it came. Escapes are of UTF-8, and none may stand
/// for a slash, so that a path has the same parts before and after. Without query and fragment.
std::variant<AskedTarget, TargetFault> parse_target(std::string_view path);

/// `text` as a part of a path in a URL (RFC 3986): all but unreserved characters is escaped.
std::string escape_part(std::string_view text);
/// The same of a path: slashes stay.
std::string escape_path(std::string_view path);

}  // namespace p2p
