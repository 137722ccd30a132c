// A shared folder: which files it has, what their content ids are, and what has changed.
//
// The shell around the plan (library_plan.hpp): looking and hashing happen on threads of their own; everything else,
// callbacks too, on the network thread. A file is offered when it has not changed for a moment, nobody has it open for
// writing, and its manifest is there; as soon as it is seen to have changed it is not offered any more. Nothing is ever
// written to the files. Absent: who wants them (share_node.hpp), and who is told (share_command.cpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/share/folder_watch.hpp"
#include "peer/share/library_plan.hpp"
#include "peer/share/manifest_cache.hpp"
#include "peer/storage/holding.hpp"

namespace p2p {

class Library {
 public:
  struct Options {
    std::filesystem::path folder;
    std::set<std::string> hidden = {};  ///< Names that are not offered.
    Reserve reserve = {};
    unsigned jobs = 1;                     ///< Threads that hash.
    std::optional<std::string> as = {};    ///< The whole folder is one content of this name.
    std::optional<std::string> only = {};  ///< Of the folder this file alone is offered, whoever may read it.
    bool finished = false;                 ///< As LibraryPlan has it.
    bool keeps = true;                     ///< Manifests are kept in the folder, for the next start.
  };
  /// They may ask the library what it offers, and must not change anything in it.
  struct Hooks {
    std::function<void(const Holding&)> on_offered;
    std::function<void(const Holding&)> on_withdrawn;
    std::function<void()> on_work;  ///< pending() may have changed.
  };

  /// Throws StoreError (io) when another process shares the folder.
  Library(asio::io_context& io, Options options, Hooks hooks);
  /// Ends hashing; waits for the threads.
  ~Library();

  void start();
  /// Something may have changed: looks soon.
  void look();

  /// An unchanged file, or folder, with this content; none when there is none any more.
  std::optional<std::filesystem::path> path_of(const ContentId& id);
  /// Null when it is not offered.
  ManifestPtr manifest(const ContentId& id);

  std::vector<Holding> offered() const { return plan_.offered(); }
  bool offers(const ContentId& id) const { return plan_.offers(id); }
  /// The SHA-256 of the file's bytes; of one piece alone.
  std::optional<ContentId> digest_of(const Holding& holding) const {
    return cache_.digest_of(holding.name, holding.id);
  }
  /// In ascending order.
  std::vector<std::string> names_of(const ContentId& id) const;

  using Pending = LibraryPlan::Pending;
  Pending pending() const { return plan_.pending(); }

  /// The file that is being read.
  struct Hashing {
    std::string name;
    std::uint64_t done;  ///< Bytes.
    std::uint64_t size;
  };
  std::optional<Hashing> hashing() const;

 private:
  struct Carry;

  void act();
  void wait();
  FolderScan scan(const std::function<void(const std::filesystem::path&)>& on_folder) const;
  std::optional<SeenFile> see(const std::string& name) const;
  void look_now();
  void hash(const SeenFile& file);
  void on_looked(FolderScan scan);
  void on_hashed(HashedFile hashed);

  asio::io_context& io_;
  Options options_;
  Hooks hooks_;
  ManifestCache cache_;
  LibraryPlan plan_;
  FolderWatch watch_;
  std::atomic<std::uint64_t> hashed_bytes_{0};  ///< Of what the plan has hashed.
  asio::steady_timer timer_;
  std::atomic<bool> stop_{false};
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  asio::thread_pool scanner_{1};
  asio::thread_pool hasher_{1};
};

}  // namespace p2p
