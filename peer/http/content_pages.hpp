// What people and programs get to read about names: an index, and that a name has several contents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "peer/http/content_host.hpp"
#include "peer/http/site.hpp"

namespace p2p {

using AcceptHeader = std::optional<std::string>;

/// What lies in a folder: HTML, or JSON where that is preferred.
HttpReply folder_reply(const FoundFolder& folder, const AskedPath& asked, const AcceptHeader& accept);

/// 409 with the ids: plain text, HTML or JSON.
HttpReply several_reply(const FoundSeveral& several, const AskedPath& asked, const AcceptHeader& accept);

/// A folder's links are relative, so its path ends with a slash. `path`: as it came.
HttpReply slash_reply(std::string_view path);

}  // namespace p2p
