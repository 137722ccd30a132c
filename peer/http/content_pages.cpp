#include "peer/http/content_pages.hpp"

#include <microhttpd.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/hex.hpp"
#include "peer/http/accept.hpp"
#include "peer/http/asked_path.hpp"
#include "peer/http/replies.hpp"

namespace p2p {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHtml = "text/html", kJson = "application/json", kText = "text/plain";
constexpr const char* kHtmlType = "text/html; charset=utf-8";
// Nothing is loaded and nothing runs; the style is the page's own.
constexpr const char* kPagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// As text in HTML, and as the value of an attribute.
std::string as_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width\">\n<title>" +
         as_text(title) +
         "</title>\n<style>body{font-family:sans-serif;margin:2em}td{padding:.1em 1.5em .1em 0}"
         "td+td{text-align:right}code{font-size:.85em}</style>\n</head>\n<body>\n<h1>" +
         as_text(title) + "</h1>\n" + body + "</body>\n</html>\n";
}

std::string title_of(const AskedPath& asked) {
  return asked.id ? "/content/" + config::to_hex(*asked.id) + '/' + asked.path : '/' + asked.path;
}

std::string link_to(const ContentId& id) { return "/content/" + config::to_hex(id); }

HttpReply reply_of(unsigned code, HttpText body, std::string_view type) {
  HttpReply reply = type == kHtml   ? made_reply(code, std::move(body), kHtmlType, kPagePolicy)
                    : type == kJson ? made_reply(code, std::move(body), std::string(kJson))
                                    : made_reply(code, std::move(body), kPlainText);
  reply.headers.emplace_back(MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
  return reply;
}

std::string folder_html(const FoundFolder& folder, const AskedPath& asked) {
  std::string rows = "<table>\n";
  if (!asked.path.empty()) rows += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
  for (const auto& entry : folder.entries) {
    rows += "<tr><td><a href=\"" + escape_path(entry.name) + "\">" + as_text(entry.name) + "</a></td><td>" +
            std::to_string(entry.size) + "</td><td>";
    if (entry.contents > 1)
      rows += std::to_string(entry.contents) + " contents have this name";
    else if (entry.id)
      rows += "<code>" + config::to_hex(*entry.id) + "</code>";
    rows += "</td></tr>\n";
  }
  return page(title_of(asked), rows + "</table>\n");
}

std::string folder_json(const FoundFolder& folder, const AskedPath& asked) {
  Json entries = Json::array();
  for (const auto& entry : folder.entries) {
    Json object{{"name", entry.name}, {"size", entry.size}};
    object["id"] = entry.id ? Json(config::to_hex(*entry.id)) : Json();
    object["contents"] = entry.contents;
    entries.push_back(std::move(object));
  }
  Json object{{"path", asked.path}};
  object["id"] = folder.id ? Json(config::to_hex(*folder.id)) : Json();
  object["entries"] = std::move(entries);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string several_json(const FoundSeveral& several, const AskedPath& asked) {
  Json contents = Json::array();
  for (const auto& content : several.contents)
    contents.push_back(Json{{"id", config::to_hex(content.id)},
                            {"size", content.size},
                            {"holders", content.holders},
                            {"url", link_to(content.id)}});
  return Json{{"path", asked.path}, {"contents", std::move(contents)}}.dump(-1, ' ', false,
                                                                            Json::error_handler_t::replace) +
         '\n';
}

constexpr const char* kSeveral = "Nodes say different things of this name. Choose one by its id:";

std::string several_html(const FoundSeveral& several, const AskedPath& asked) {
  std::string rows = std::string("<p>") + kSeveral + "</p>\n<table>\n";
  for (const auto& content : several.contents)
    rows += "<tr><td><a href=\"" + link_to(content.id) + "\"><code>" + config::to_hex(content.id) +
            "</code></a></td><td>" + std::to_string(content.size) + " bytes</td><td>" +
            std::to_string(content.holders) + " holders</td></tr>\n";
  return page(title_of(asked), rows + "</table>\n");
}

std::string several_text(const FoundSeveral& several) {
  std::string text = std::string(kSeveral) + '\n';
  for (const auto& content : several.contents)
    text += link_to(content.id) + "  " + std::to_string(content.size) + " bytes, " + std::to_string(content.holders) +
            " holders\n";
  return text;
}

}  // namespace

HttpReply FolderPages::reply(const FoundFolderPtr& folder, const AskedPath& asked, const AcceptHeader& accept) {
  constexpr std::array kOffered{kHtml, kJson};
  const std::string_view type = kOffered[preferred(accept.value_or(""), kOffered)];
  if (last_.folder.lock() != folder || last_.asked != asked || last_.type != type)
    last_ = {.folder = folder,
             .asked = asked,
             .type = type,
             .text = std::make_shared<const std::string>(type == kHtml ? folder_html(*folder, asked)
                                                                       : folder_json(*folder, asked))};
  return reply_of(MHD_HTTP_OK, last_.text, type);
}

HttpReply several_reply(const FoundSeveral& several, const AskedPath& asked, const AcceptHeader& accept) {
  constexpr std::array kOffered{kText, kHtml, kJson};
  const std::string_view type = kOffered[preferred(accept.value_or(""), kOffered)];
  return reply_of(MHD_HTTP_CONFLICT,
                  std::make_shared<const std::string>(type == kText   ? several_text(several)
                                                      : type == kHtml ? several_html(several, asked)
                                                                      : several_json(several, asked)),
                  type);
}

HttpReply slash_reply(std::string_view path) {
  HttpReply reply = plain_reply(MHD_HTTP_FOUND, "this is a folder: its path ends with a slash");
  // "./": a colon in a name is no scheme.
  reply.headers.emplace_back(MHD_HTTP_HEADER_LOCATION, "./" + std::string(path.substr(path.rfind('/') + 1)) + '/');
  return reply;
}

}  // namespace p2p
