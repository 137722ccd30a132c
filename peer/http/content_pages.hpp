// What people and programs get to read about names: an index, and that a name has several contents.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "peer/http/content_host.hpp"
#include "peer/http/site.hpp"

namespace p2p {

using AcceptHeader = std::optional<std::string>;

/// What lies in folders: HTML, or JSON where that is preferred. The last page is kept as long as the folder that it is
/// of: many who ask for a large one at once would have it made for each of them.
class FolderPages {
 public:
  HttpReply reply(const FoundFolderPtr& folder, const AskedPath& asked, const AcceptHeader& accept);

 private:
  struct Page {
    std::weak_ptr<const FoundFolder> folder{};
    AskedPath asked{};
    std::string_view type{};
    HttpText text{};
  };
  Page last_;
};

/// 409 with the ids: plain text, HTML or JSON.
HttpReply several_reply(const FoundSeveral& several, const AskedPath& asked, const AcceptHeader& accept);

/// A folder's links are relative, so its path ends with a slash. `path`: as it came.
HttpReply slash_reply(std::string_view path);

}  // namespace p2p
