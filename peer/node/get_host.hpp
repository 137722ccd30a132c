// What a process that fetches one content gives to HTTP: that content, under its name and its id, while it is fetched
// and afterwards. Before its manifest is there, who asks for it waits.
//
// find() may be called on any thread, and is answered on the network thread, on which all else is.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "peer/content/known_manifest.hpp"
#include "peer/http/content_host.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/fetch_readers.hpp"
#include "peer/node/path_meaning.hpp"

namespace p2p {

class GetHost final : public ContentHost {
 public:
  /// More of those who wait are sent away, the first ones first.
  static constexpr std::size_t kMostWaiting = 1024;

  /// What will come; at least one of both is known. `io` outlives whoever calls find().
  struct Wanted {
    std::optional<std::string> name;
    std::optional<ContentId> id;
  };
  GetHost(asio::io_context& io, Wanted wanted) : io_(io), wanted_(std::move(wanted)) {}

  void find(const AskedPath& asked, std::function<void(FoundPath)> on_found) override;

  /// This is fetched from now on, until lose(). `readers`: null where it has no bytes.
  void have(ManifestPtr known, const std::string& name, const FetchReaders* readers);
  /// It is not fetched any more; another content takes its name.
  void lose() { known_.reset(); }

 private:
  struct Waiting {
    AskedPath asked;
    std::function<void(FoundPath)> on_found;
  };

  void take(AskedPath asked, std::function<void(FoundPath)> on_found);
  bool may_come(const AskedPath& asked) const;
  FoundPath answer(const AskedPath& asked) const;
  FoundPath in_content(std::string_view below, const AskedPath& asked) const;
  FoundNothing nothing(const AskedPath& asked) const;

  asio::io_context& io_;
  Wanted wanted_;
  ManifestPtr known_;  ///< Null: it is not there yet.
  Names names_;        ///< Its name, when it is there.
  const FetchReaders* readers_ = nullptr;
  std::deque<Waiting> waiting_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
