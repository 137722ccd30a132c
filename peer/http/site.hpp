// What the server and its sites say to each other: a request, what a site does for it, and the reply. Everything here
// happens in the server's thread, but for HttpWake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/clock.hpp"

struct MHD_Connection;

namespace p2p {

/// Lets a request that waits go on. Any thread, at any time: before it waits, and after it and the server are gone.
using HttpWake = std::function<void()>;

/// A GET or HEAD whose headers are all here. Lives as long as what the site does for it.
class HttpRequest {
 public:
  HttpRequest(MHD_Connection* connection, std::string path, bool is_head, HttpWake wake)
      : connection_(connection), path_(std::move(path)), is_head_(is_head), wake_(std::move(wake)) {}

  /// As it came, without the query: nothing is decoded.
  const std::string& path() const { return path_; }
  bool is_head() const { return is_head_; }
  /// The fields of that name as one list, as RFC 9110, section 5.3 joins them.
  std::optional<std::string> header(std::string_view name) const;
  std::size_t count_of(std::string_view name) const;
  /// Of the query; "" when it is there without a value. Nothing is decoded.
  std::optional<std::string> argument(std::string_view name) const;
  const HttpWake& wake() const { return wake_; }
  /// How many bytes the client's machine has taken since the connection began; none: nobody knows (a Unix socket).
  std::optional<std::uint64_t> taken() const;
  /// Ends the connection of a client that takes nothing any more.
  void hang_up() const;

 private:
  MHD_Connection* connection_;
  std::string path_;
  bool is_head_;
  HttpWake wake_;
};

/// A body that is made while it is sent.
class HttpBody {
 public:
  enum class State : std::uint8_t {
    some,     ///< So many bytes, at least one.
    waiting,  ///< None yet: asked again after the request's wake() or at `until`.
    over,     ///< There are no more.
    failed,   ///< There are no more, but there should be: the connection ends, so that the client notices.
  };
  struct Got {
    State state;
    std::size_t bytes = 0;
    Instant until = kNever;
  };

  virtual ~HttpBody() = default;
  virtual Got read(std::span<char> out) = 0;
};

using HttpText = std::shared_ptr<const std::string>;

struct HttpReply {
  unsigned code;
  std::vector<std::pair<std::string, std::string>> headers{};
  HttpText text{};                      ///< The body, where it is known.
  std::unique_ptr<HttpBody> body{};     ///< Else what makes it; null in a reply to HEAD.
  std::optional<std::uint64_t> size{};  ///< Of a body that is not `text`; none: nobody knows.
};

/// What a site does for a request for which it has no reply at once.
class HttpTask {
 public:
  virtual ~HttpTask() = default;
  /// The reply. None: not yet; it is asked again after the request's wake() or at deadline().
  virtual std::optional<HttpReply> reply() = 0;
  virtual Instant deadline() const = 0;
};

class HttpSite {
 public:
  virtual ~HttpSite() = default;
  /// The reply, or what comes to one.
  virtual std::variant<HttpReply, std::unique_ptr<HttpTask>> answer(const HttpRequest& request) = 0;
  /// The server is about to end: whatever waits is asked once more, and waits no longer.
  virtual void on_leaving() {}
};

}  // namespace p2p
