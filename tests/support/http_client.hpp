// A client that says and hears what a test wants, byte by byte.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace p2p::test {

class HttpClient {
 public:
  /// `url`: of a server at the loopback.
  explicit HttpClient(std::string_view url) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(std::string(url.substr(url.rfind(':') + 1)))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to " + std::string(url));
  }
  ~HttpClient() { ::close(descriptor_); }
  HttpClient(HttpClient&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  HttpClient& operator=(HttpClient&&) = delete;

  int descriptor() const { return descriptor_; }

  void say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void get(const std::string& path, const std::string& headers = {}, const std::string& method = "GET") {
    say(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  /// All until the server ends the connection, or until `end` has come.
  std::string hear(std::string_view end = {}) {
    std::string text;
    char buffer[4096];
    while (end.empty() || text.find(end) == std::string::npos) {
      const ssize_t n = ::recv(descriptor_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }
  /// Whether the server has ended the connection, or ends it within so long.
  bool is_ended(int milliseconds) {
    pollfd file{.fd = descriptor_, .events = POLLIN, .revents = 0};
    char byte;
    return ::poll(&file, 1, milliseconds) == 1 && ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  }

 private:
  int descriptor_;
};

/// A reply, taken apart.
struct HttpAnswer {
  explicit HttpAnswer(const std::string& text)
      : code(text.size() > 12 ? text.substr(9, 3) : text),
        head(text.substr(0, text.find("\r\n\r\n"))),
        body(text.find("\r\n\r\n") == std::string::npos ? "" : text.substr(text.find("\r\n\r\n") + 4)) {}

  /// The value of a header; none: it is not there.
  std::optional<std::string> header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  std::string code;
  std::string head;
  std::string body;
};

inline HttpAnswer ask(std::string_view url, const std::string& path, const std::string& headers = {},
                      const std::string& method = "GET") {
  HttpClient client(url);
  client.get(path, headers + "Connection: close\r\n", method);
  return HttpAnswer(client.hear());
}

}  // namespace p2p::test
