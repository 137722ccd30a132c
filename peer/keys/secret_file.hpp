// Small files with a secret in them. Their owner alone can read them, from their first byte on.
#pragma once

#include <openssl/crypto.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2p {

/// A text that has a secret in it, zeroed when it goes. It never grows, because growing would leave a copy behind.
class SecretText {
 public:
  explicit SecretText(std::size_t characters) : text_(characters) {}
  SecretText(SecretText&&) noexcept = default;
  SecretText& operator=(SecretText&&) = delete;
  ~SecretText() {
    if (!text_.empty()) OPENSSL_cleanse(text_.data(), text_.size());
  }

  std::string_view view() const { return {text_.data(), text_.size()}; }
  std::span<char> characters() { return text_; }
  /// Precondition: not more than there are.
  void cut(std::size_t characters) {
    OPENSSL_cleanse(text_.data() + characters, text_.size() - characters);
    text_.resize(characters);
  }

 private:
  std::vector<char> text_;
};

/// What the messages about a file say of it.
struct SecretFileKind {
  std::string what;       ///< "key file".
  std::string if_absent;  ///< What to do when there is none: "make one with ...".
  std::string if_there;   ///< What to do when one is to be made and something has its name.
};

/// Whether nobody but the process that runs as `us` was meant to have a file of this mode and owner: it is its owner's
/// alone; or root has handed it to us, by its group or an entry for us (which shows as the group's right), as
/// Kubernetes and systemd do with secrets. PostgreSQL takes the same.
bool is_for_us_alone(mode_t mode, uid_t owner, uid_t us);

/// Throws ExitError: not_authorised when there is none, when it is not is_for_us_alone(), or when it is no regular file
/// or larger than any of its kind; io. Never waits for a FIFO. No message has any of the file's bytes, or
/// repeats a name that no file has and that may be the secret itself.
SecretText read_secret_file(const std::filesystem::path& file, const SecretFileKind& kind);

/// The first line of a descriptor, without its end. Nothing behind it is read, so that it may be for somebody else.
/// `origin` names it in errors. Throws ExitError (io).
SecretText read_secret_line(int descriptor, const std::string& origin);

/// Makes the file with mode 600, whatever the umask, and returns when it is on disk. Throws ExitError when anything has
/// its name (io), which is left as it is, or when it cannot be written (disk_full, io) or kept from others (io), and
/// then leaves none.
void write_new_secret_file(const std::filesystem::path& file, std::string_view text, const SecretFileKind& kind);

}  // namespace p2p
