#include "peer/http/bell.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace p2p {

HttpBell::HttpBell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

HttpBell::~HttpBell() { ::close(descriptor_); }

void HttpBell::ring(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  if (!rung_.insert(ticket).second || rung_.size() > 1) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

std::set<std::uint64_t> HttpBell::take() {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t bytes = ::read(descriptor_, &count, sizeof count);
  return std::exchange(rung_, {});
}

}  // namespace p2p
