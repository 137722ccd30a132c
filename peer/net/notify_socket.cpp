#include "peer/net/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace p2p {

std::unique_ptr<NotifySocket> NotifySocket::open(std::string_view place) {
  sockaddr_un address{};
  const bool is_abstract = place.starts_with('@');
  if (place.size() < 2 || place.size() >= sizeof address.sun_path || (!is_abstract && place.front() != '/'))
    return nullptr;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, place.data(), place.size());
  if (is_abstract) address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return nullptr;
  // Of an abstract name each byte counts, a zero at the end, too.
  const std::size_t size = offsetof(sockaddr_un, sun_path) + place.size() + (is_abstract ? 0 : 1);
  std::string bytes(sizeof address, '\0');
  std::memcpy(bytes.data(), &address, sizeof address);
  bytes.resize(size);
  return std::unique_ptr<NotifySocket>(new NotifySocket(descriptor, std::move(bytes)));
}

NotifySocket::~NotifySocket() { ::close(descriptor_); }

void NotifySocket::send(std::string_view message) const {
  sockaddr_un address{};
  std::memcpy(&address, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(address_.size());
  (void)::sendto(descriptor_, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                 size);
}

}  // namespace p2p
