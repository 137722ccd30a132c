// The channel between a reader of a content's bytes, on the server's thread, and whoever grants them, on the network
// thread (fetch_readers.hpp).
//
// The network thread grants: from the reader's place up to here each piece is verified, and this open file has them.
// The server's thread reads that from the disk by itself, and looks again after each read, before a byte is given
// away: whether the grant was revoked meanwhile, and, where the file is complete, whether it is still as it was when it
// was verified. So a piece that is lost, or a file that somebody changes, ends in no wrong byte. Where something is
// wrong with the file the reader does not decide: it doubts, and the network thread checks the file.
//
// Who owns what: `mutex_` guards all that both threads use; nothing waits while it is held, and no other lock of ours
// but a Mailbox's is taken. The bytes are read without it: the file is open as long as a grant has it, and a file of
// pieces is only written where nothing is granted. `wake_mutex_` is held while the reader is woken, so that nobody
// wakes a reader that is gone; who is woken must not read, or end the reader, on that thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "peer/http/content_host.hpp"
#include "peer/storage/file.hpp"

namespace p2p {

class ReaderChannel {
 public:
  /// Offsets in the file that is read.
  struct Range {
    std::uint64_t first;
    std::uint64_t end;
  };
  /// The bytes from the reader's place up to `end` are verified.
  struct Grant {
    std::shared_ptr<const File> file = {};
    std::optional<File::Stamp> stamp = {};  ///< How a complete file was when it was verified.
    std::uint64_t end = 0;
  };

  /// `tell`: the network thread is to look(); any thread, and not to call this. The reader tells when it has come into
  /// another piece: such a piece begins at each multiple of `piece_size`.
  ReaderChannel(Range range, std::uint64_t piece_size, std::function<void()> wake, std::function<void()> tell);

  // --- the server's thread -----------------------------------------------------------------------------------------
  ByteReader::Got read(std::span<std::byte> out);
  std::string fault() const;
  /// The reader is gone: nobody wakes it after this.
  void leave();

  // --- the network thread ------------------------------------------------------------------------------------------
  Range range() const { return range_; }
  struct Look {
    std::uint64_t place;
    bool waiting;  ///< It has read all that is granted.
    bool gone;
  };
  Look look();
  /// Something was wrong with the file at its place; said once.
  bool take_doubts();
  /// Instead of what was granted before, and of the same bytes.
  void grant(Grant grant);
  /// What was granted counts no more.
  void revoke();
  /// There will be no more bytes, and this is why. The first reason counts.
  void fail(const std::string& why);

 private:
  bool still_right(const Grant& granted, std::uint64_t version);
  void tell_once();
  void wake();

  const Range range_;
  const std::uint64_t piece_size_;
  const std::function<void()> tell_;

  mutable std::mutex mutex_;
  Grant grant_;
  std::uint64_t version_ = 0;  ///< Of the grant: another one whenever bytes that were granted are no more.
  std::uint64_t place_;
  std::uint64_t told_place_;  ///< The reader tells when it has come so far.
  std::string fault_;
  bool waiting_ = false;
  bool doubts_ = false;
  bool gone_ = false;
  bool told_ = false;  ///< And the network thread has not looked yet.

  std::mutex wake_mutex_;
  std::function<void()> wake_;
};

/// A reader of what comes through the channel.
class ChannelReader final : public ByteReader {
 public:
  explicit ChannelReader(std::shared_ptr<ReaderChannel> channel) : channel_(std::move(channel)) {}
  ~ChannelReader() override { channel_->leave(); }
  ChannelReader(const ChannelReader&) = delete;
  ChannelReader& operator=(const ChannelReader&) = delete;

  Got read(std::span<std::byte> out) override { return channel_->read(out); }
  std::string fault() const override { return channel_->fault(); }

 private:
  std::shared_ptr<ReaderChannel> channel_;
};

}  // namespace p2p
