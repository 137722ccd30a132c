#include "peer/http/replies.hpp"

#include <microhttpd.h>

#include <memory>
#include <utility>

namespace p2p {

HttpReply made_reply(unsigned code, HttpText text, std::string type, std::string policy) {
  return {.code = code,
          .headers = {{MHD_HTTP_HEADER_CONTENT_TYPE, std::move(type)},
                      {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Content-Security-Policy", std::move(policy)}},
          .text = std::move(text)};
}

HttpReply plain_reply(unsigned code, std::string line) {
  return made_reply(code, std::make_shared<const std::string>(std::move(line) + '\n'), kPlainText);
}

}  // namespace p2p
