#include "peer/http/page.hpp"

#include <openssl/evp.h>

#include <array>

namespace p2p {

extern const std::string_view kDashboard;

namespace {

/// " 'sha256-...'" of what each element of that name has in it.
std::string digests(std::string_view page, const std::string& element) {
  std::string all;
  const std::string opening = "<" + element, closing = "</" + element + ">";
  for (std::size_t at = 0; (at = page.find(opening, at)) != std::string_view::npos;) {
    const std::size_t begin = page.find('>', at);
    const std::size_t end = page.find(closing, at);
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) break;
    const std::string_view text = page.substr(begin + 1, end - begin - 1);
    std::array<unsigned char, 32> digest{};
    std::array<unsigned char, 45> base64{};  // with its end
    ::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr);
    ::EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
    all += std::string(" 'sha256-") + reinterpret_cast<const char*>(base64.data()) + "'";
    at = end;
  }
  return all.empty() ? " 'none'" : all;
}

}  // namespace

std::string_view dashboard() { return kDashboard; }

std::string content_policy(std::string_view page) {
  return "default-src 'none'; connect-src 'self'; img-src data:; style-src" + digests(page, "style") + "; script-src" +
         digests(page, "script") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace p2p
