// The contents that a gateway has: on disk, and open as long as somebody reads or fetches them. The shell of
// CacheShelf, around a CacheFolder.
//
// A content is opened when somebody asks for it: its manifest is read or fetched, and what is on disk of it is
// verified, both of which may take long and are done on other threads. It is closed when nobody has been there for a
// while; its bytes stay, and it goes on being offered, by its content id alone: a cache vouches for bytes, not for
// names. All else is on the network thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "peer/gateway/cache_folder.hpp"
#include "peer/gateway/cache_shelf.hpp"
#include "peer/gateway/gateway_content.hpp"
#include "peer/node/get_door.hpp"

namespace p2p {

class Cache {
 public:
  /// How long a content is open that nobody uses.
  static constexpr Duration kIdle = std::chrono::minutes(10);
  /// How long holders may take to give a manifest.
  static constexpr Duration kManifestPatience = std::chrono::seconds(30);
  /// What a content counts beside its pieces: its manifest and folder.
  static constexpr std::uint64_t kEachBytes = 4096;
  /// So many are open at most; one more closes the one that nobody has used for longest.
  static constexpr std::size_t kMostOpen = 256;

  struct Options {
    std::filesystem::path folder;
    std::uint64_t capacity;  ///< Bytes.
  };

  /// What comes of opening: the content, which stays as long as this turn of the network thread; the manifest of one
  /// that has no bytes; or why it cannot be had, as a sentence.
  using Opened = std::variant<GatewayContent*, ManifestPtr, std::string>;
  using OnOpened = std::function<void(const Opened&)>;

  /// `common` and `door` outlive this. Throws as CacheFolder.
  Cache(const GatewayContent::Common& common, GetDoor& door, const Options& options);
  ~Cache();

  /// `name`: under which it was asked for; empty: by its id. `on_opened` once, perhaps before this returns; never after
  /// finish().
  void open(const ContentId& id, const std::vector<Holder>& holders, const std::string& name, OnOpened on_opened);
  bool has(const ContentId& id) const { return kept_.contains(id); }
  /// As far as is known: bytes on disk are verified when it is opened.
  bool is_complete(const ContentId& id) const { return has(id) && kept_.at(id).complete; }
  /// Of the whole content. Precondition: has(id).
  std::uint64_t size_of(const ContentId& id) const { return kept_.at(id).size; }
  std::filesystem::path root_of(const ContentId& id) const { return folder_.root_of(id); }
  /// Takes in a complete content of one file, whose bytes are there and of that manifest. False when it is here
  /// already, or about to go: then nothing was moved. Throws std::system_error.
  bool adopt(const KnownManifest& known, const std::string& name, const std::filesystem::path& bytes);
  /// Somebody else reads its bytes, or does not any more: it is in use.
  void hold(const ContentId& id, bool held);
  /// Bytes that somebody else keeps in this cache's folder count here, and do not go; 0: none any more.
  void count_beside(const ContentId& id, std::uint64_t bytes);
  /// The content that was last asked for under this name.
  std::optional<ContentId> once_called(const std::string& name) const;

  /// A few times a second.
  void tick();
  /// Closes all; `on_finished` once, within 4 s.
  void finish(std::function<void()> on_finished);

  const std::filesystem::path& folder() const { return folder_.path(); }
  const CacheShelf& shelf() const { return shelf_; }
  std::size_t count() const { return kept_.size(); }
  /// Those that are open.
  void for_each_open(const std::function<void(const GatewayContent&)>& visit) const;
  /// By contents that are closed again.
  const Traffic& traffic_before() const { return traffic_before_; }

 private:
  /// One that is on disk, or about to be.
  struct Kept {
    std::uint64_t size = 0;
    bool complete = false;
    std::vector<std::string> names{};  ///< The latest first.
  };
  struct Opening;
  enum class After { keep, remove };

  void begin(const ContentId& id);
  void read_manifest(const ContentId& id);
  void fetch_manifest_of(const ContentId& id);
  void have_manifest(const ContentId& id, ManifestPtr known);
  void make_store(const ContentId& id);
  void have_store(const ContentId& id, std::unique_ptr<PieceStore> store);
  void fail(const ContentId& id, const std::string& why);
  void offer(const ContentId& id);
  void note_name(const ContentId& id, const std::string& name);
  void close(const ContentId& id, After after);
  void remove_from_disk(const ContentId& id);
  void make_room(std::uint64_t more);
  void mind_full_disk(GatewayContent& content);
  void on_closed();
  Opening* opening(const ContentId& id);

  const GatewayContent::Common& common_;
  GetDoor& door_;
  CacheFolder folder_;
  CacheShelf shelf_;
  std::map<ContentId, Kept> kept_;
  std::map<std::string, ContentId> called_;
  std::map<ContentId, std::unique_ptr<Opening>> opening_;
  std::map<ContentId, std::unique_ptr<GatewayContent>> open_;
  std::map<ContentId, std::unique_ptr<GatewayContent>> closing_;
  std::map<ContentId, Instant> touched_;
  std::set<ContentId> held_;
  Instant room_at_{};  ///< Until then what was freed on a full disk is waited for.
  Traffic traffic_before_;
  std::function<void()> on_finished_;
  std::shared_ptr<std::atomic<bool>> stop_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  asio::thread_pool workers_{2};  ///< The last: what runs there ends before anything else is gone.
};

}  // namespace p2p
