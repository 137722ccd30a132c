#include "peer/node/tether.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "peer/ground/exit_code.hpp"

namespace p2p {

Tether::Tether(asio::io_context& io, int descriptor, Duration silence, std::function<void(const std::string& why)> gone)
    : descriptor_(io), timer_(io), silence_(silence), gone_(std::move(gone)) {
  // A copy, which is ours to close. It is not made non-blocking, because that would hold for all who have it.
  const int copy = ::dup(descriptor);
  std::error_code error;
  if (copy < 0)
    error.assign(errno, std::generic_category());
  else
    descriptor_.assign(copy, error);
  if (error) {
    if (copy >= 0) ::close(copy);
    throw ExitError(ExitCode::usage, "--while-stdin: stdin cannot be waited for (" + error.message() +
                                         "), expected a pipe, a socket or a terminal");
  }
  set_timer();
  wait();
}

void Tether::set_timer() {
  timer_.expires_after(silence_);
  timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence_).count();
    end("nothing came from stdin for " + std::to_string(seconds) + " s");
  });
}

void Tether::wait() {
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](const std::error_code& error) {
    if (error) return;
    std::array<char, 4096> dropped;
    const ssize_t n = ::read(descriptor_.native_handle(), dropped.data(), dropped.size());
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return end("stdin has ended");
    if (n > 0) set_timer();
    wait();
  });
}

void Tether::end(const std::string& why) {
  timer_.cancel();
  descriptor_.cancel();
  // Whoever is called may destroy this.
  if (const auto gone = std::exchange(gone_, nullptr)) gone(why);
}

}  // namespace p2p
