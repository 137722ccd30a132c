// What an origin says of a file, and what follows from it: a version, the bytes of a range, or a fault (docs/HTTP.md,
// "An upstream"). Values alone; how one asks is in origin_client.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "peer/storage/content.hpp"

namespace p2p {

/// The head of an answer, of the last one after redirects. Fields as they were sent, without blanks around them; empty
/// where there are none.
struct OriginHead {
  int status = 0;
  std::string etag;
  std::string last_modified;
  std::string content_range;
  std::string content_encoding;
  std::optional<std::uint64_t> content_length;

  /// Takes a line of it, with or without the end of the line. A status line begins it anew.
  void take_line(std::string_view line);
};

/// Why a file cannot be had from there, for a client.
struct OriginFault {
  enum class Kind : std::uint8_t {
    nothing,      ///< There is no such file.
    refused,      ///< The origin, or its answer, is not as it must be: 502.
    unreachable,  ///< No answer: 504.
    changed,      ///< It is another version by now.
  };
  Kind kind;
  std::string why;  ///< A sentence without its full stop.

  friend bool operator==(const OriginFault&, const OriginFault&) = default;
};

struct OriginVersion {
  std::string mark;  ///< What tells it from others: of ETag and Last-Modified.
  std::uint64_t size = 0;
  bool ranges = false;  ///< The origin gives parts of it.

  friend bool operator==(const OriginVersion&, const OriginVersion&) = default;
};

/// Of an answer to a request with `Range: bytes=0-0`.
std::variant<OriginVersion, OriginFault> version_of(const OriginHead& head);

/// Whether an answer has the bytes from `first` on and before `end` of this version; of one without ranges, all bytes.
/// None when it has.
std::optional<OriginFault> range_fault(const OriginHead& head, const OriginVersion& version, std::uint64_t first,
                                       std::uint64_t end);

/// By which the nodes find each other that fetch this version. `url`: OriginUrl::of().
ContentId id_of(const std::string& url, const OriginVersion& version);

}  // namespace p2p
