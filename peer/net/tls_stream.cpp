#include "peer/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "peer/net/tls_fault.hpp"

namespace p2p {
namespace {

// What one call moves before others have their turn. Sealing as much takes a tenth of a millisecond.
constexpr std::size_t kTurnBytes = 256 * 1024;
// And so many records, for an end that puts a byte into each.
constexpr int kTurnRecords = 256;
// OpenSSL reads so much from the socket at a time: two records, each with its head and tag. Of a larger buffer it would
// move what is left to the front for every record. Only behind the handshake: strangers get less.
constexpr std::size_t kReadAheadBytes = 2 * (16'384 + 256 + 5);
constexpr std::size_t kMostRead = std::size_t{1} << 30;  // OpenSSL counts some of it in an int

std::error_code last_error() { return {errno, std::system_category()}; }

}  // namespace

TlsStream::TlsStream(tcp::socket socket, std::shared_ptr<TlsKeys> keys, End end,
                     const std::optional<config::Fingerprint>& expected, std::uint64_t bytes_per_key)
    : tcp_(std::move(socket)),
      keys_(std::move(keys)),
      as_server_(end == End::accepted),
      expected_(expected),
      tls_(keys_->new_connection(as_server_)),
      remote_(tcp_.remote()),
      bytes_per_key_(bytes_per_key) {
  SSL_set_fd(tls_, tcp_.socket().native_handle());
  keys_->add(*this);
}

TlsStream::~TlsStream() {
  keys_->remove(*this);
  SSL_free(tls_);
}

/// To be asked for at once: OpenSSL keeps errors for the thread.
TlsStream::Outcome TlsStream::outcome(int result, bool in_handshake) {
  switch (SSL_get_error(tls_, result)) {
    case SSL_ERROR_NONE: return {.done = true};
    case SSL_ERROR_WANT_READ: return {.done = false, .wait = tcp::socket::wait_read};
    case SSL_ERROR_WANT_WRITE: return {.done = false, .wait = tcp::socket::wait_write};
    case SSL_ERROR_ZERO_RETURN: return {.done = false, .error = asio::error::eof};
    case SSL_ERROR_SYSCALL:
      if (ERR_peek_error() == 0 && errno != 0) return {.done = false, .error = last_error()};
      [[fallthrough]];
    default: return {.done = false, .error = take_tls_error(in_handshake)};
  }
}

asio::awaitable<std::error_code> TlsStream::wait_for(tcp::socket::wait_type what) {
  if (!is_open()) co_return asio::error::operation_aborted;
  const auto [error] = co_await tcp_.socket().async_wait(what, use_result);
  co_return !error && !is_open() ? std::error_code(asio::error::operation_aborted) : error;
}

asio::awaitable<std::error_code> TlsStream::let_others_work() {
  co_await asio::post(executor(), asio::use_awaitable);
  co_return is_open() ? std::error_code() : std::error_code(asio::error::operation_aborted);
}

// --- the handshake -------------------------------------------------------------------------------------------------

asio::awaitable<std::error_code> TlsStream::establish() {
  std::error_code error = co_await shake_hands();
  count_messages();
  if (!error && keys_->proves_inside()) error = co_await exchange_proofs();
  if (error) co_return error;
  if (!keys_->proves_inside()) {
    remote_.proof = keys_->listed_peer(tls_);
    if (!remote_.proof) co_return TlsFault::unknown_key;
    if (expected_ && remote_.proof->key != expected_->bytes) co_return TlsFault::other_key;
  }
  by_kernel_ = BIO_get_ktls_send(SSL_get_wbio(tls_));
  spdlog::debug("{}: {}, {}, sealed by {}", remote_.address.to_string(), SSL_get_version(tls_),
                SSL_get_cipher_name(tls_), by_kernel_ ? "the kernel" : "OpenSSL");
  SSL_set_read_ahead(tls_, 1);
  SSL_set_default_read_buffer_len(tls_, kReadAheadBytes);
  co_return std::error_code();
}

/// From now on. OpenSSL tells of each message before it reads it, and can be told only afterwards that it was too much:
/// it reads no more at a time than what it holds of the socket.
void TlsStream::count_messages() {
  const auto count = [](int is_written, int, int type, const void*, std::size_t, SSL*, void* stream) {
    if (is_written == 0 && type == SSL3_RT_HANDSHAKE) ++static_cast<TlsStream*>(stream)->messages_;
  };
  SSL_set_msg_callback(tls_, count);
  SSL_set_msg_callback_arg(tls_, this);
}

asio::awaitable<std::error_code> TlsStream::shake_hands() {
  for (;;) {
    if (!is_open()) co_return asio::error::operation_aborted;
    ERR_clear_error();
    errno = 0;
    const Outcome came = outcome(SSL_do_handshake(tls_), true);
    if (came.done) co_return std::error_code();
    const bool gone = came.error == asio::error::eof || came.error == std::errc::connection_reset ||
                      came.error == std::errc::broken_pipe;
    if (gone) co_return TlsFault::gave_up;
    if (came.error) co_return came.error;
    const std::error_code error = co_await wait_for(came.wait);
    if (error) co_return error;
  }
}

/// Who has dialled proves its key first, so that who is not let in learns nothing of who would have.
asio::awaitable<std::error_code> TlsStream::exchange_proofs() {
  std::error_code error;
  for (const bool proving : {!as_server_, as_server_}) {
    if (proving)
      error = co_await prove();
    else
      error = co_await check_proof();
    if (error) break;
  }
  co_return error;
}

asio::awaitable<std::error_code> TlsStream::prove() {
  const std::vector<std::byte> proof = keys_->prove(tls_, as_server_);
  const Moved sent = co_await write_all(*this, asio::buffer(proof));
  co_return sent.error;
}

asio::awaitable<std::error_code> TlsStream::check_proof() {
  std::vector<std::byte> proof(TlsKeys::kProofBytes);
  const Moved received = co_await read_all(*this, asio::buffer(proof));
  if (received.error == asio::error::eof || received.error == TlsFault::cut_off) co_return TlsFault::refused;
  if (received.error) co_return received.error;
  remote_.proof = keys_->check_proof(tls_, !as_server_, proof);
  if (!remote_.proof) co_return TlsFault::bad_proof;
  if (!keys_->allows(config::Fingerprint{remote_.proof->key})) co_return TlsFault::unknown_key;
  co_return std::error_code();
}

// --- bytes ---------------------------------------------------------------------------------------------------------

asio::awaitable<Moved> TlsStream::read_some(std::array<asio::mutable_buffer, 2> buffers) {
  Moved moved;
  if (std::exchange(read_turn_over_, false)) {
    moved.error = co_await let_others_work();
    if (moved.error) co_return moved;
  }
  bool waited = false;
  std::size_t buffer = buffers[0].size() > 0 ? 0 : 1;
  for (int records = 1;; ++records) {
    if (!is_open()) {
      moved.error = asio::error::operation_aborted;
      co_return moved;
    }
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const std::uint64_t messages = messages_;
    const int result = SSL_read_ex(tls_, buffers[buffer].data(), std::min(buffers[buffer].size(), kMostRead), &count);
    moved.bytes += count;
    received_ += count;
    if (is_flood()) {
      moved.error = TlsFault::flood;
      co_return moved;
    }
    buffers[buffer] += count;
    if (buffers[buffer].size() == 0 && ++buffer == buffers.size()) break;
    if (result == 1) {
      if (buffers[buffer].size() == 0 || moved.bytes >= kTurnBytes || records >= kTurnRecords) break;
      continue;
    }
    const Outcome came = outcome(result, false);
    if (came.error) {
      // What came before the end is told first; the end is met again.
      if (moved.bytes == 0) moved.error = came.error;
      break;
    }
    if (moved.bytes > 0) break;
    // OpenSSL 3.2 and newer come back after a message of their own, although bytes that were read ahead follow it.
    if (messages_ != messages) continue;
    moved.error = co_await wait_for(came.wait);
    if (moved.error) co_return moved;
    waited = true;
  }
  read_turn_over_ = !waited;
  co_return moved;
}

asio::awaitable<Moved> TlsStream::write_some(asio::const_buffer bytes, bool more) {
  // A record that is less than a segment may wait for its successor.
  hold(more);
  const Moved moved = co_await seal(bytes);
  co_return moved;
}

/// At least one record, at most a turn's worth. OpenSSL wants to see the bytes of a record again that it could not
/// send, so nothing ends in the middle of one.
asio::awaitable<Moved> TlsStream::seal(asio::const_buffer bytes) {
  Moved moved;
  if (std::exchange(write_turn_over_, false)) {
    moved.error = co_await let_others_work();
    if (moved.error) co_return moved;
  }
  bool waited = false;
  const asio::const_buffer turn = asio::buffer(bytes, kTurnBytes);
  while (moved.bytes < turn.size()) {
    if (!is_open()) {
      moved.error = asio::error::operation_aborted;
      break;
    }
    ERR_clear_error();
    errno = 0;
    const asio::const_buffer rest = turn + moved.bytes;
    std::size_t count = 0;
    const int result = SSL_write_ex(tls_, rest.data(), rest.size(), &count);
    if (result == 1) {
      moved.bytes += count;
      if (waited) break;  // The socket is full.
      continue;
    }
    const Outcome came = outcome(result, false);
    moved.error = came.error;
    if (!moved.error) moved.error = co_await wait_for(came.wait);
    if (moved.error) break;
    waited = true;
  }
  write_turn_over_ = !waited;
  if (!moved.error) moved.error = spend(moved.bytes);
  co_return moved;
}

asio::awaitable<Moved> TlsStream::send_file(int descriptor, std::uint64_t offset, std::size_t count) {
  if (by_kernel_) co_return co_await send_by_kernel(descriptor, offset, count);
  const std::size_t most = std::min(count, kTurnBytes);
  std::vector<std::byte> buffer = keys_->take_buffer();
  if (buffer.size() < most) buffer.resize(most);
  ssize_t n = 0;
  do n = ::pread(descriptor, buffer.data(), most, static_cast<off_t>(offset));
  while (n < 0 && errno == EINTR);
  if (n < 0) co_return Moved{last_error()};
  if (n == 0) co_return Moved{};
  const Moved moved = co_await seal(asio::buffer(buffer.data(), static_cast<std::size_t>(n)));
  keys_->give_back(std::move(buffer));
  hold(false);
  co_return moved;
}

asio::awaitable<Moved> TlsStream::send_by_kernel(int descriptor, std::uint64_t offset, std::size_t count) {
  if (std::exchange(write_turn_over_, false)) {
    const std::error_code error = co_await let_others_work();
    if (error) co_return Moved{error};
  }
  for (;;) {
    if (!is_open()) co_return Moved{asio::error::operation_aborted};
    ERR_clear_error();
    errno = 0;
    const ossl_ssize_t n = SSL_sendfile(tls_, descriptor, static_cast<off_t>(offset), std::min(count, kTurnBytes), 0);
    if (n >= 0) {
      write_turn_over_ = true;
      Moved moved{{}, static_cast<std::size_t>(n)};
      moved.error = spend(moved.bytes);
      hold(false);
      co_return moved;
    }
    const Outcome came = outcome(static_cast<int>(n), false);
    if (came.error) co_return Moved{came.error};
    const std::error_code error = co_await wait_for(came.wait);
    if (error) co_return Moved{error};
  }
}

/// Counts what the key has sealed, and has the next record sealed by a new one in time. The kernel cannot change keys:
/// there the connection ends, and is made anew.
std::error_code TlsStream::spend(std::size_t bytes) {
  key_bytes_ += bytes;
  if (key_bytes_ < bytes_per_key_) return {};
  key_bytes_ = 0;
  if (by_kernel_) return asio::error::connection_reset;
  ERR_clear_error();
  return SSL_key_update(tls_, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 ? std::error_code() : take_tls_error(false);
}

void TlsStream::cork(bool on) {
  corked_ = on;
  tcp_.cork(corked_ || held_);
}

void TlsStream::hold(bool on) {
  held_ = on;
  tcp_.cork(corked_ || held_);
}

void TlsStream::shutdown_send() {
  ERR_clear_error();
  // Where the socket is full the other end is told that it was cut off, which it was.
  if (is_open() && SSL_is_init_finished(tls_)) SSL_shutdown(tls_);
  ERR_clear_error();
  tcp_.shutdown_send();
}

}  // namespace p2p
