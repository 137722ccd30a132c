#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include "peer/http/site.hpp"

namespace p2p {
namespace {

struct Collected {
  std::string_view name;
  std::size_t count = 0;
  std::string values = {};
};

bool is_same_name(const char* key, std::string_view name) {
  return std::string_view(key).size() == name.size() && ::strncasecmp(key, name.data(), name.size()) == 0;
}

Collected collect(MHD_Connection* connection, MHD_ValueKind kind, std::string_view name) {
  Collected found{name};
  ::MHD_get_connection_values(
      connection, kind,
      [](void* state, MHD_ValueKind, const char* key, const char* value) {
        auto& collected = *static_cast<Collected*>(state);
        if (!is_same_name(key, collected.name)) return MHD_YES;
        if (collected.count++ > 0) collected.values += ", ";
        if (value) collected.values += value;
        return MHD_YES;
      },
      &found);
  return found;
}

int socket_of(MHD_Connection* connection) {
  return ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

}  // namespace

std::optional<std::string> HttpRequest::header(std::string_view name) const {
  Collected found = collect(connection_, MHD_HEADER_KIND, name);
  return found.count > 0 ? std::optional(std::move(found.values)) : std::nullopt;
}

std::size_t HttpRequest::count_of(std::string_view name) const {
  return collect(connection_, MHD_HEADER_KIND, name).count;
}

std::optional<std::string> HttpRequest::argument(std::string_view name) const {
  Collected found = collect(connection_, MHD_GET_ARGUMENT_KIND, name);
  return found.count > 0 ? std::optional(std::move(found.values)) : std::nullopt;
}

std::optional<std::uint64_t> HttpRequest::taken() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket_of(connection_), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_bytes_acked;
}

void HttpRequest::hang_up() const { ::shutdown(socket_of(connection_), SHUT_RDWR); }

}  // namespace p2p
