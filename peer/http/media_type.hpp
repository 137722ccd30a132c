// What a file is said to be, by its name. Pure.
#pragma once

#include <string>
#include <string_view>

namespace p2p {

/// The media type that the end of a name stands for, with its charset for texts; else application/octet-stream.
std::string media_type(std::string_view name);

/// A Content-Disposition (RFC 6266) with the name for clients of old, in ASCII, and as it is (RFC 8187).
std::string disposition(std::string_view name, bool is_download);

}  // namespace p2p
