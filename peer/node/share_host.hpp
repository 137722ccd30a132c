// What a node that shares a folder gives to HTTP: what its library offers, by its names and by content id. Of what
// others offer it knows nothing.
//
// find() may be called on any thread, and is answered on the network thread, on which all else is.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "peer/http/content_host.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/path_meaning.hpp"
#include "peer/share/library.hpp"

namespace p2p {

class ShareHost final : public ContentHost {
 public:
  /// Both outlive this, and so does the io_context whoever calls find(). `one_folder`: the library is one content,
  /// which is a folder.
  ShareHost(asio::io_context& io, Library& library, bool one_folder)
      : io_(io), library_(library), one_folder_(one_folder) {}

  /// As the library tells.
  void offered(const Holding& holding) { holdings_.insert_or_assign(holding.name, holding); }
  void withdrawn(const Holding& holding) { holdings_.erase(holding.name); }

  void find(const AskedPath& asked, std::function<void(FoundPath)> on_found) override;

 private:
  /// How a content's files look that are what was hashed.
  struct Noted {
    std::filesystem::path root;
    ManifestPtr known;
    std::vector<File::Stamp> stamps;
  };

  FoundPath answer(const AskedPath& asked);
  FoundPath named(std::string_view path);
  FoundPath in_content(const ContentId& id, std::string_view below, const std::string& asked);
  FoundPath file(const ContentId& id, const std::string& name);
  FoundPath in_folder(const ContentId& id, std::string_view below, const std::string& asked);
  const Noted* noted(const ContentId& id);
  FoundNothing nothing(const std::string& asked) const;
  FoundUnreachable unreadable(const std::string& asked) const;
  std::function<void()> look_again();

  asio::io_context& io_;
  Library& library_;
  bool one_folder_;
  Names holdings_;
  std::optional<Noted> noted_;  ///< Of the one folder, as it was last asked for.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
