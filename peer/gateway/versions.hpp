// The files of an origin that this gateway gives: what no member has under a name is fetched from there, once for all
// nodes that are asked for it (docs/HTTP.md, "An upstream").
//
// A version of a file is fetched as a content whose digests nobody knows beforehand, and kept in `versions/ID/` of the
// cache's folder until it is complete. Then it is one of the cache's contents, by its content id, and what stays is a
// line that says which one. What was not complete when the process ended is removed by the next one.
//
// Everything on the network thread, but for the bytes that sources give.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "peer/gateway/answer_book.hpp"
#include "peer/gateway/cache.hpp"
#include "peer/gateway/name_search.hpp"
#include "peer/gateway/version_fetch.hpp"
#include "peer/http/content_host.hpp"
#include "peer/origin/origin_client.hpp"

namespace p2p {

class Versions {
 public:
  /// So many are open at most; what is asked for beyond that is refused.
  static constexpr std::size_t kMostOpen = 64;
  /// How long the origin's word on a version is believed.
  static constexpr Duration kRemember = std::chrono::seconds(2);
  static constexpr Duration kRememberFault = std::chrono::seconds(1);

  /// All outlive this. Throws std::runtime_error when there is no libcurl, std::system_error for the folder.
  Versions(const GatewayContent::Common& common, GetDoor& door, Cache& cache, NameSearch& names, OriginUrl url,
           OriginClient::Options options);
  ~Versions();

  /// What the origin has under this path. `nothing`: what the members say of it. `on_found` once, or never after
  /// finish().
  void find(const std::string& path, const FoundNothing& nothing, std::function<void(FoundPath)> on_found);

  /// A few times a second.
  void tick();
  /// Closes all; `on_finished` once, within 4 s.
  void finish(std::function<void()> on_finished);

  const OriginUrl& url() const { return client_->url(); }
  void for_each_open(const std::function<void(const GatewayContent&)>& visit) const;
  /// Bytes that came from the origin.
  std::uint64_t fetched() const { return fetched_; }

 private:
  using Answer = std::variant<OriginVersion, OriginFault>;
  using OnFound = std::function<void(FoundPath)>;
  struct Open;

  void ask_next();
  void on_answer(const std::string& path, const FoundNothing& nothing, const Answer& answer, const OnFound& on_found);
  void give(const std::string& path, const OriginVersion& version, const OnFound& on_found);
  FoundPath begin(const VersionFetch::What& what);
  Open& open(const VersionFetch::What& what, const ManifestPtr& known, std::shared_ptr<LearnedDigests> digests,
             std::unique_ptr<PieceStore> store);
  void look_for_others(const ContentId& id);
  void on_changed(const ContentId& id);
  void on_complete(const ContentId& id);
  void close(const ContentId& id);
  void offer(const ContentId& id, std::uint64_t size);
  void come(const ContentId& id, StreamPtr stream, const Handshake& handshake);
  bool reopen(const ContentId& id, const ContentId& content, const KnownManifest& whole);
  std::optional<ContentId> done(const ContentId& id);
  std::filesystem::path folder_of(const ContentId& id) const;
  void clean_up();

  const GatewayContent::Common& common_;
  GetDoor& door_;
  Cache& cache_;
  NameSearch& names_;
  std::filesystem::path folder_;
  AnswerBook<Answer> book_;
  std::map<ContentId, ContentId> done_;  ///< Versions that are contents of the cache.
  std::uint64_t fetched_ = 0;
  std::function<void()> on_finished_;
  std::unique_ptr<OriginClient> client_;  ///< Outlives what asks it.
  std::map<ContentId, std::unique_ptr<Open>> open_;
  std::map<ContentId, std::unique_ptr<Open>> closing_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
