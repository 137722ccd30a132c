// Replies that any site gives.
#pragma once

#include <string>

#include "peer/http/site.hpp"

namespace p2p {

inline constexpr const char* kPlainText = "text/plain; charset=utf-8";
/// The Content-Security-Policy of what is no page.
inline constexpr const char* kNoPage = "default-src 'none'; frame-ancestors 'none'";

/// Headers of what is made for one request: not to be kept, and to be taken for nothing but its type.
HttpReply made_reply(unsigned code, HttpText text, std::string type, std::string policy = kNoPage);
/// One line for people.
HttpReply plain_reply(unsigned code, std::string line);

}  // namespace p2p
