// A connection that is sealed by TLS 1.3 (tls_keys.hpp says for whom) as a Stream.
//
// OpenSSL works on the socket itself; who waits for the socket is the coroutine. Where kernel and OpenSSL have kernel
// TLS, the kernel seals and files go out by sendfile; else a file goes from the page cache through one buffer, many
// records at a time. Keys are changed long before as many bytes have gone as one key is good for.
//
// A client whose key is refused has finished its handshake before the server judges it: it learns by its first read.
// So nothing counts as accepted before a first answer has come.
//
// Messages of TLS itself behind the handshake (changes of keys, tickets) cost much more to read than to send. An end
// that sends many of them and few bytes is cut off: TlsFault::flood.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/fingerprint.hpp"
#include "peer/net/tcp_stream.hpp"
#include "peer/net/tls_keys.hpp"

namespace p2p {

class TlsStream final : public Stream {
 public:
  enum class End : bool { accepted, dialed };
  /// Bytes that are sent with one key. AES-GCM is good for 2^24.5 records of 16 KiB, which are 380 GB (RFC 8446,
  /// section 5.5).
  static constexpr std::uint64_t kBytesPerKey = std::uint64_t{64} << 30;
  /// How many messages of TLS itself may come behind the handshake: so many, and one more for so many bytes.
  static constexpr std::uint64_t kSpareMessages = 32;
  static constexpr std::uint64_t kBytesPerMessage = std::uint64_t{64} << 10;

  /// `expected`: in a listed swarm, the key of the peer that was dialled.
  TlsStream(tcp::socket socket, std::shared_ptr<TlsKeys> keys, End end,
            const std::optional<config::Fingerprint>& expected = {}, std::uint64_t bytes_per_key = kBytesPerKey);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  asio::any_io_executor executor() override { return tcp_.executor(); }
  const Remote& remote() const override { return remote_; }
  /// The handshake, and the proofs inside of it. Who waits for it without end closes the stream.
  asio::awaitable<std::error_code> establish() override;
  asio::awaitable<Moved> read_some(std::array<asio::mutable_buffer, 2> buffers) override;
  asio::awaitable<Moved> write_some(asio::const_buffer bytes, bool more) override;
  asio::awaitable<Moved> send_file(int descriptor, std::uint64_t offset, std::size_t count) override;
  void acknowledge() override { tcp_.acknowledge(); }
  void bound_unread(std::size_t bytes) override { tcp_.bound_unread(bytes); }
  void cork(bool on) override;
  std::size_t unacknowledged() const override { return tcp_.unacknowledged(); }
  /// Says farewell, so that the other end knows that nothing was cut off.
  void shutdown_send() override;
  void close() override { tcp_.close(); }
  bool is_open() const override { return tcp_.is_open(); }

 private:
  /// What came of asking OpenSSL: done, or what to wait for, or why it is over.
  struct Outcome {
    bool done;
    std::error_code error = {};
    tcp::socket::wait_type wait = tcp::socket::wait_read;
  };

  Outcome outcome(int result, bool in_handshake);
  void count_messages();
  bool is_flood() const { return messages_ > kSpareMessages + received_ / kBytesPerMessage; }
  asio::awaitable<std::error_code> wait_for(tcp::socket::wait_type what);
  asio::awaitable<std::error_code> let_others_work();
  asio::awaitable<std::error_code> shake_hands();
  asio::awaitable<std::error_code> exchange_proofs();
  asio::awaitable<std::error_code> prove();
  asio::awaitable<std::error_code> check_proof();
  asio::awaitable<Moved> seal(asio::const_buffer bytes);
  asio::awaitable<Moved> send_by_kernel(int descriptor, std::uint64_t offset, std::size_t count);
  std::error_code spend(std::size_t bytes);
  void hold(bool on);

  TcpStream tcp_;
  std::shared_ptr<TlsKeys> keys_;
  bool as_server_;
  std::optional<config::Fingerprint> expected_;
  ssl_st* tls_;
  Remote remote_;
  std::uint64_t bytes_per_key_;
  std::uint64_t key_bytes_ = 0;  ///< Sent with the current key.
  std::uint64_t received_ = 0;   ///< Bytes, behind the handshake.
  std::uint64_t messages_ = 0;   ///< Of TLS itself, received behind the handshake.
  bool by_kernel_ = false;
  bool corked_ = false;
  bool held_ = false;            ///< What was written last is to wait for more of it.
  bool read_turn_over_ = false;  ///< Bytes were there without waiting; the others come first.
  bool write_turn_over_ = false;
  std::vector<std::byte> file_buffer_;  ///< Of a file that is being sent.
};

}  // namespace p2p
