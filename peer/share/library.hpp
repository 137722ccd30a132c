// What a folder offers: which files it has, what their content ids are, and what has changed.
//
// Looking and hashing happen on threads of their own; everything else, callbacks too, on the network thread. A file is
// offered when it has not changed for a moment, nobody has it open for writing, and its manifest is there; as soon as it is
// seen to have changed it is not offered any more. Nothing is ever written to the files.
// Absent: who wants them (share_node.hpp), and who is told (share_command.cpp).
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/share/folder_watch.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/share/manifest_cache.hpp"
#include "peer/storage/holding.hpp"
#include "protocol/clock.hpp"

namespace p2p {

/// How long after a look at a folder whose changes nobody tells the next one comes: a look that took this long is to take
/// one part in a hundred of the time, and no change is to stay unknown for two minutes.
Duration pause_between_looks(Duration look);

class Library {
 public:
  struct Options {
    std::filesystem::path folder;
    std::set<std::string> hidden = {};  ///< Names that are not offered.
    Reserve reserve = {};
    unsigned jobs = 1;                  ///< Threads that hash.
  };
  struct Hooks {
    std::function<void(const Holding&)> on_offered;
    std::function<void(const Holding&)> on_withdrawn;
    std::function<void()> on_work;  ///< pending() may have changed.
  };

  /// Throws ExitError (io) when another process shares the folder.
  Library(asio::io_context& io, Options options, Hooks hooks);
  /// Ends hashing; waits for the threads.
  ~Library();

  void start();
  /// Something may have changed: looks soon.
  void look();

  /// An unchanged file with this content; none when there is none any more.
  std::optional<std::filesystem::path> path_of(const ContentId& id);
  /// Null when it is not offered.
  ManifestPtr manifest(const ContentId& id);

  std::vector<Holding> offered() const;
  bool offers(const ContentId& id) const { return names_of_.contains(id); }

  struct Pending {
    std::size_t offered = 0;      ///< Files.
    std::uint64_t bytes = 0;      ///< Of those.
    std::size_t waiting = 0;      ///< To be hashed, or for their writers.
    bool looked = false;          ///< The folder has been looked through once.
    LeftOut left_out = {};
  };
  Pending pending() const;

  /// The file that is being read.
  struct Hashing {
    std::string name;
    std::uint64_t done;  ///< Bytes.
    std::uint64_t size;
  };
  std::optional<Hashing> hashing() const;

 private:
  enum class State { settling, hashing, offered, refused };
  struct Entry {
    SeenFile seen;
    State state = State::settling;
    Instant since{};  ///< When it was first seen so.
    ContentId id{};
  };

  void scan();
  void on_scanned(FolderScan scan);
  void take_in(const SeenFile& file, Instant now);
  bool has_settled(const Entry& entry, Instant now) const;
  void hash_next();
  void on_hashed(HashedFile hashed);
  void offer(Entry& entry, const ContentId& id);
  void withdraw(Entry& entry);
  void look_in(Duration time);

  asio::io_context& io_;
  Options options_;
  Hooks hooks_;
  ManifestCache cache_;
  FolderWatch watch_;
  std::map<std::string, Entry> entries_;                ///< By name.
  std::map<ContentId, std::set<std::string>> names_of_;  ///< Of what is offered.
  std::uint64_t offered_bytes_ = 0;
  std::size_t offered_ = 0;
  std::size_t waiting_ = 0;                             ///< Entries that settle or are hashed.
  std::deque<std::string> to_hash_;
  std::set<std::string> told_refused_;
  LeftOut left_out_;
  std::optional<SeenFile> hashing_;
  std::atomic<std::uint64_t> hashed_bytes_{0};          ///< Of hashing_.
  bool scanning_ = false;
  bool looked_ = false;
  Instant next_look_ = kNever;
  Instant scan_began_{};
  Instant may_look_at_{};       ///< Looking takes a tenth of the time at most.
  asio::steady_timer look_timer_;
  std::atomic<bool> stop_{false};
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  asio::thread_pool scanner_{1};
  asio::thread_pool hasher_{1};
};

}  // namespace p2p
