// What the site of contents asks of the node behind it: what a path means, and verified bytes. The narrow interface
// between HTTP and the swarm.
//
// Two threads: the site lives on the server's thread, the node on its network thread. Neither waits for the other: a
// question is answered by a call, and a reader that has nothing to give says so and wakes whoever reads when it has.
// Bytes leave only after the piece that they belong to has been verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "peer/storage/content.hpp"

namespace p2p {

/// What a request asks for: a path of the network's names, never one of a disk.
struct AskedPath {
  std::optional<ContentId> id;  ///< This content, whatever it is called; then `path` lies inside of it.
  /// Without fault by config::path_fault(), but for a slash at its end, which asks for a listing. Empty: all names, or
  /// the content itself.
  std::string path;

  friend bool operator==(const AskedPath&, const AskedPath&) = default;
};

/// The place in a file from which one request reads. Used by one thread, the server's, but for its `wake`. Where the
/// bytes are not here yet it makes them come next, for as long as it exists.
class ByteReader {
 public:
  enum class State : std::uint8_t {
    some,     ///< So many bytes, at least one.
    waiting,  ///< None yet: read again after `wake` was called, not before.
    failed,   ///< There will be none: see fault(). So it is from now on.
  };
  struct Got {
    State state;
    std::size_t bytes = 0;
  };

  virtual ~ByteReader() = default;

  /// Reads at the reader's place and moves it on. May read the disk, waits for nothing else. Precondition: `out` is not
  /// empty, and not all was read.
  virtual Got read(std::span<std::byte> out) = 0;
  /// Why it failed, as a sentence without its full stop: which pieces nobody has, that the file was changed.
  virtual std::string fault() const = 0;
};

/// The bytes of one file. Any thread; may outlive the node, whose readers fail then.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// A reader of the `count` bytes from `first` on. `wake` is called on any thread, also from inside of read(), and
  /// never after the reader is gone. Precondition: count > 0, and the file has them.
  virtual std::unique_ptr<ByteReader> open(std::uint64_t first, std::uint64_t count, std::function<void()> wake) = 0;
};

/// A file.
struct FoundFile {
  ContentId id;      ///< Of the content that it is, or is in: as long as it stays, the bytes do.
  std::string name;  ///< The last part of its path.
  std::uint64_t size;
  std::shared_ptr<ByteSource> bytes;
};

/// What lies in a folder: one that is a content, or one of names.
struct FoundFolder {
  struct Entry {
    std::string name;                  ///< Relative to the folder; with a slash at its end for what lies deeper, once.
    std::uint64_t size = 0;            ///< Of all that lies below.
    std::optional<ContentId> id = {};  ///< Of a name that one content has.
    std::size_t contents = 1;          ///< More: nodes say different things of this name.
  };
  std::optional<ContentId> id;  ///< Of the content that it is, or is in.
  std::vector<Entry> entries;   ///< By name.
};
/// Shared, because there may be 100,000 entries: a host that gives the same again has the page of it made once.
using FoundFolderPtr = std::shared_ptr<const FoundFolder>;

/// Nodes say different things of this name.
struct FoundSeveral {
  struct Content {
    ContentId id;
    std::uint64_t size;
    std::size_t holders;  ///< How many machines say so.
  };
  std::vector<Content> contents;
};

/// Nobody has it.
struct FoundNothing {
  std::string why;  ///< A sentence: who was asked, and what to do.
};

/// It cannot be had now: no holder is left, or the node is leaving.
struct FoundUnreachable {
  std::string why;
};

using FoundPath = std::variant<FoundFile, FoundFolderPtr, FoundSeveral, FoundNothing, FoundUnreachable>;

class ContentHost {
 public:
  virtual ~ContentHost() = default;
  /// Any thread. `on_found` is called once, on any thread and perhaps before this returns, or never when the node ends.
  virtual void find(const AskedPath& asked, std::function<void(FoundPath)> on_found) = 0;
};

}  // namespace p2p
