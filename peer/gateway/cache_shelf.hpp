// Which contents of a cache stay and which go. The least recently read goes first, and never one that is in use: read
// by somebody, or served to a neighbor.
//
// Pure, and without time: what was read later stays longer. The shell (cache.hpp) has the disk, and says what a content
// takes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "peer/storage/content.hpp"

namespace p2p {

/// Invariants: bytes() is the sum over all contents; what evictable() gives is there, not in use, and has bytes.
class CacheShelf {
 public:
  /// `capacity`: bytes.
  explicit CacheShelf(std::uint64_t capacity) : capacity_(capacity) {}

  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t bytes() const { return bytes_; }
  bool contains(const ContentId& id) const { return contents_.contains(id); }

  /// It is there, with so many bytes, or has so many now. One that is new counts as read just now.
  void put(const ContentId& id, std::uint64_t bytes);
  /// Read just now. No effect on what is not there.
  void touch(const ContentId& id);
  void set_in_use(const ContentId& id, bool in_use);
  void remove(const ContentId& id);

  /// What is to go so that `more` bytes fit, in this order; as far as that can be done without what is in use.
  std::vector<ContentId> evictable(std::uint64_t more = 0) const;

  /// A content in use that has to give up pieces which nobody wants any more, because nothing else can go: the one with
  /// most bytes. So what one reader reads may be larger than the cache. To give up a quarter of the capacity at a time:
  /// the neighbors must be told each time, by ending the links with them.
  struct Excess {
    ContentId id;
    std::uint64_t bytes;
    friend bool operator==(const Excess&, const Excess&) = default;
  };
  /// None when all fits, or something can be evicted.
  std::optional<Excess> excess() const;

 private:
  struct Entry {
    std::uint64_t bytes = 0;
    std::uint64_t read = 0;  ///< In which turn.
    bool in_use = false;
  };

  std::uint64_t capacity_;
  std::uint64_t bytes_ = 0;
  std::uint64_t turns_ = 0;
  std::map<ContentId, Entry> contents_;
  std::map<std::uint64_t, ContentId> by_turn_;
};

}  // namespace p2p
