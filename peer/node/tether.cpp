#include "peer/node/tether.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

bool can_be_waited_for(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return false;
  return S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) || ::isatty(descriptor) == 1;
}

}  // namespace

Tether::Tether(asio::io_context& io, int descriptor, Duration silence, std::function<void(const std::string& why)> gone)
    : descriptor_(io), timer_(io), silence_(silence), gone_(std::move(gone)) {
  if (!can_be_waited_for(descriptor))
    throw ExitError(ExitCode::usage,
                    "--while-stdin: stdin cannot be waited for, expected a pipe, a socket or a terminal");
  flags_ = ::fcntl(descriptor, F_GETFL);
  // A copy, which is ours to close.
  const int copy = ::dup(descriptor);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "--while-stdin");
  descriptor_.assign(copy);
  set_timer();
  wait();
}

/// Asio makes it non-blocking, which holds for all who have it.
Tether::~Tether() {
  if (descriptor_.is_open()) ::fcntl(descriptor_.native_handle(), F_SETFL, flags_);
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
