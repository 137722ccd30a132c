// The URL of an upstream, to which paths of the network are added (docs/HTTP.md, "An upstream").
#pragma once

#include <string>
#include <string_view>

namespace p2p {

/// http://HOST[:PORT]/[PATH/] or the same with https, perhaps with credentials. Invariant: no query, no fragment, and
/// the path ends with a slash.
class OriginUrl {
 public:
  /// Throws std::invalid_argument with what is wrong, as the end of a sentence that begins with the option's name; it
  /// has nothing of the URL in it, which may have a password.
  explicit OriginUrl(std::string_view text);

  /// Without credentials, for messages and to be told to others: scheme and host in lower case, the port only where it
  /// is not the scheme's.
  const std::string& text() const { return text_; }
  bool is_sealed() const { return text_.starts_with("https:"); }
  bool has_credentials() const { return !user_.empty() || !password_.empty(); }
  /// What they are, percent-decoded. For the origin alone.
  const std::string& user() const { return user_; }
  const std::string& password() const { return password_; }

  /// The URL of what has this path at the origin, without credentials: what a URL may not have stands as %XX.
  /// Precondition: the path has no fault by config::path_fault().
  std::string of(std::string_view path) const;

 private:
  std::string text_;
  std::string user_;
  std::string password_;
};

}  // namespace p2p
