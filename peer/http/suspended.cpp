#include "peer/http/suspended.hpp"

#include <microhttpd.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace p2p {

Suspended::Suspended() : clients_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (clients_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
}

Suspended::~Suspended() { ::close(clients_); }

void Suspended::add(std::uint64_t ticket, const Waiting& waiting) {
  waiting_.emplace(ticket, waiting);
  by_time_.emplace(waiting.until, ticket);
  epoll_event event{.events = EPOLLRDHUP, .data = {.u64 = ticket}};
  ::epoll_ctl(clients_, EPOLL_CTL_ADD, waiting.socket, &event);
  ::MHD_suspend_connection(waiting.connection);
}

void Suspended::resume(Place place) {
  const auto [ticket, waiting] = *place;
  ::epoll_ctl(clients_, EPOLL_CTL_DEL, waiting.socket, nullptr);
  by_time_.erase({waiting.until, ticket});
  waiting_.erase(place);
  ::MHD_resume_connection(waiting.connection);
}

void Suspended::resume(const std::set<std::uint64_t>& rung, Instant now) {
  for (const std::uint64_t ticket : rung)
    if (const auto place = waiting_.find(ticket); place != waiting_.end()) resume(place);
  while (!by_time_.empty() && by_time_.begin()->first <= now) resume(waiting_.find(by_time_.begin()->second));
  std::array<epoll_event, 64> gone{};
  for (int count = static_cast<int>(gone.size()); count == static_cast<int>(gone.size());) {
    count = ::epoll_wait(clients_, gone.data(), static_cast<int>(gone.size()), 0);
    for (int i = 0; i < count; ++i)
      if (const auto place = waiting_.find(gone[static_cast<std::size_t>(i)].data.u64); place != waiting_.end()) {
        *place->second.is_gone = true;
        resume(place);
      }
  }
}

void Suspended::resume_all() {
  while (!waiting_.empty()) resume(waiting_.begin());
}

}  // namespace p2p
