// A connection as everything above the sockets sees it: bytes in, bytes out, files out, and who is at the other end.
//
// There are two kinds: plain TCP (tcp_stream.hpp), and TLS over it (tls_stream.hpp). The layers above ask for batches,
// not for messages, so that a virtual call is nothing beside the system call. A file goes out by the kernel where the
// kind allows it (sendfile), so the fast path is the stream's business and nobody else's.
//
// Single-threaded, on the network thread. At most one read and one write at a time. A stream that is closed ends both
// with an error; the coroutine that waits must keep the stream alive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "peer/net/asio.hpp"
#include "protocol/proof.hpp"

namespace p2p {

/// What came of a read or a write. With an error, `bytes` is what was moved before it.
struct Moved {
  std::error_code error{};
  std::size_t bytes = 0;
};

/// The other end of a connection.
struct Remote {
  asio::ip::address address;
  std::uint16_t port = 0;
  /// Set by establish(), where the kind of stream proves anything.
  std::optional<Proof> proof = {};
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual asio::any_io_executor executor() = 0;
  /// Known from the beginning and kept after the end.
  virtual const Remote& remote() const = 0;

  /// Does what both ends do before the first byte that is ours to send or read: nothing on a plain connection. To be
  /// called once, before reads and writes. With an error the connection is of no use.
  virtual asio::awaitable<std::error_code> establish() = 0;

  /// Waits for bytes and reads at least one, into the first buffer, then into the second. asio::error::eof: the remote
  /// has ended its half.
  virtual asio::awaitable<Moved> read_some(std::array<asio::mutable_buffer, 2> buffers) = 0;

  /// Waits for room and writes at least one byte. `more`: further bytes follow at once, so that a short segment may
  /// wait for them.
  virtual asio::awaitable<Moved> write_some(asio::const_buffer bytes, bool more) = 0;

  /// Waits for room and writes at least one of the file's `count` bytes from `offset` on, at most a turn's worth, after
  /// which others have theirs. Zero bytes without an error: the file is shorter.
  virtual asio::awaitable<Moved> send_file(int descriptor, std::uint64_t offset, std::size_t count) = 0;

  /// Received bytes are acknowledged now and not up to 40 ms later, until we write again.
  virtual void acknowledge() = 0;
  /// What has come and is not read yet is at most about so much; the remote has to wait with the rest.
  virtual void bound_unread(std::size_t bytes) = 0;
  /// While on, what is less than a segment waits for more of it.
  virtual void cork(bool on) = 0;
  /// How many written bytes the remote has not acknowledged.
  virtual std::size_t unacknowledged() const = 0;

  /// Ends our half: the remote reads to the end of what was written.
  virtual void shutdown_send() = 0;
  /// Ends both, at once. May be called again.
  virtual void close() = 0;
  virtual bool is_open() const = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

/// Reads until the buffer is full; the bytes that came are fewer only with an error.
asio::awaitable<Moved> read_all(Stream& stream, asio::mutable_buffer buffer);
/// Writes all of it.
asio::awaitable<Moved> write_all(Stream& stream, asio::const_buffer bytes, bool more = false);

}  // namespace p2p
