#include "peer/http/file_reply.hpp"

#include <microhttpd.h>

#include <utility>

#include "peer/http/media_type.hpp"
#include "peer/http/replies.hpp"

namespace p2p {
namespace {

/// Stands in no file by chance: half of a SHA-256 that the file itself decides.
std::string boundary_of(const FileRequest& request) { return request.etag.substr(1, 40); }

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.first + range.count - 1) + '/' +
         std::to_string(size);
}

/// Of every reply about this file.
std::vector<std::pair<std::string, std::string>> common_headers(const FileRequest& request) {
  const std::string scope = request.is_secret ? "private" : "public";
  return {
      {MHD_HTTP_HEADER_ETAG, request.etag},
      {MHD_HTTP_HEADER_CACHE_CONTROL, request.by_id ? scope + ", max-age=31536000, immutable" : scope + ", no-cache"},
      {MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      // Pages of others ask us themselves, and not by the browser of somebody who may.
      {"Cross-Origin-Resource-Policy", "same-site"}};
}

bool is_multipart(const FileRequest& request) { return request.ranges.parts.size() > 1; }

}  // namespace

HttpReply unchanged_reply(const FileRequest& request) {
  return {.code = MHD_HTTP_NOT_MODIFIED, .headers = common_headers(request)};
}

HttpReply file_reply(const FoundFile& file, const FileRequest& request) {
  using Answer = RangesAsked::Answer;
  if (request.ranges.answer == Answer::unsatisfiable) {
    HttpReply reply = plain_reply(MHD_HTTP_RANGE_NOT_SATISFIABLE,
                                  "the file has " + std::to_string(file.size) + " bytes, and none of those asked for");
    reply.headers.emplace_back(MHD_HTTP_HEADER_CONTENT_RANGE, "bytes */" + std::to_string(file.size));
    return reply;
  }
  HttpReply reply{.code = MHD_HTTP_OK, .headers = common_headers(request), .size = file.size};
  std::string type = media_type(file.name);
  if (request.ranges.answer == Answer::parts) {
    reply.code = MHD_HTTP_PARTIAL_CONTENT;
    std::uint64_t size = 0;
    for (const auto& part : parts_of(file, request)) size += part.head.size() + part.count;
    reply.size = size;
    if (is_multipart(request))
      type = "multipart/byteranges; boundary=" + boundary_of(request);
    else
      reply.headers.emplace_back(MHD_HTTP_HEADER_CONTENT_RANGE, content_range(request.ranges.parts.front(), file.size));
  }
  if (*request.ranges.why) reply.headers.emplace_back("X-Range-Ignored", request.ranges.why);
  // What is in the network is nobody's page: it runs nothing. It has our origin, because the page that a browser makes
  // of a video or a sound could not load it otherwise. A PDF runs nothing of ours anyhow, and browsers show none in a
  // sandbox.
  if (type != "application/pdf") reply.headers.emplace_back("Content-Security-Policy", "sandbox allow-same-origin");
  reply.headers.emplace_back(MHD_HTTP_HEADER_CONTENT_TYPE, std::move(type));
  reply.headers.emplace_back(MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition(file.name, request.is_download));
  return reply;
}

std::vector<ContentBody::Part> parts_of(const FoundFile& file, const FileRequest& request) {
  if (request.ranges.answer == RangesAsked::Answer::whole) return {{.head = {}, .first = 0, .count = file.size}};
  std::vector<ContentBody::Part> parts;
  const std::string line = "--" + boundary_of(request);
  for (const ByteRange& range : request.ranges.parts) {
    ContentBody::Part part{.head = {}, .first = range.first, .count = range.count};
    if (is_multipart(request))
      part.head = (parts.empty() ? "" : "\r\n") + line + "\r\nContent-Type: " + media_type(file.name) +
                  "\r\nContent-Range: " + content_range(range, file.size) + "\r\n\r\n";
    parts.push_back(std::move(part));
  }
  if (is_multipart(request)) parts.push_back({.head = "\r\n" + line + "--\r\n"});
  return parts;
}

}  // namespace p2p
