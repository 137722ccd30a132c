// The site of contents: what the network has, behind plain paths (docs/HTTP.md).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "peer/http/content_host.hpp"
#include "peer/http/content_pages.hpp"
#include "peer/http/sending.hpp"
#include "peer/http/site.hpp"
#include "peer/keys/secret_file.hpp"

namespace p2p {

class ContentSite : public HttpSite {
 public:
  /// So many files are sent at a time; one more gets 503, unless a client that takes nothing makes room.
  static constexpr std::size_t kMostReaders = 256;
  /// A host that does not answer for so long has none: 504.
  static constexpr Duration kPatience = std::chrono::seconds(60);

  /// `host` outlives this. Without a token everybody may read.
  ContentSite(ContentHost& host, std::optional<SecretText> token, Duration patience = kPatience);

  std::variant<HttpReply, std::unique_ptr<HttpTask>> answer(const HttpRequest& request) override;
  void on_leaving() override { leaving_ = true; }

 private:
  class Task;

  ContentHost& host_;
  const std::optional<SecretText> token_;
  const Duration patience_;
  bool leaving_ = false;
  FolderPages pages_;
  /// Shared, because the last body may end after the site.
  const std::shared_ptr<Sending> sending_ = std::make_shared<Sending>(kMostReaders);
};

}  // namespace p2p
