// The reply to a request for a file: which bytes, and what is said of them.
#pragma once

#include <string>
#include <vector>

#include "peer/http/byte_ranges.hpp"
#include "peer/http/content_body.hpp"
#include "peer/http/content_host.hpp"
#include "peer/http/site.hpp"

namespace p2p {

/// What of a request decides how a file is sent.
struct FileRequest {
  bool by_id;        ///< By its content id, so that what it means never changes.
  bool is_download;  ///< The client is to keep it, not to show it.
  bool is_secret;    ///< Only who has the token may read it.
  std::string etag;
  RangesAsked ranges;
};

/// Code, headers and size, without a body; but 416 is a line of text.
HttpReply file_reply(const FoundFile& file, const FileRequest& request);

/// What is sent with it: the parts of a multipart body have their heads, and its end stands behind the last.
std::vector<ContentBody::Part> parts_of(const FoundFile& file, const FileRequest& request);

/// 304.
HttpReply unchanged_reply(const FoundFile& file, const FileRequest& request);

}  // namespace p2p
