// The body of a file, or of ranges of it, while it is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "peer/http/content_host.hpp"
#include "peer/http/site.hpp"

namespace p2p {

/// What is sent one behind the other. One reader at a time, of the range that comes next.
class ContentBody : public HttpBody {
 public:
  /// Text, then so many bytes of the file.
  struct Part {
    std::string head;
    std::uint64_t first = 0;
    std::uint64_t count = 0;  ///< 0: the text alone.
  };

  ContentBody(std::shared_ptr<ByteSource> bytes, std::vector<Part> parts, HttpWake wake);

  std::uint64_t size() const { return size_; }
  /// Whether there is something to send, before anything is promised to the client: reads a first block and keeps it.
  State prime();
  Got read(std::span<char> out) override;
  /// Why it failed.
  std::string fault() const;

 private:
  Got read_file(std::span<std::byte> out);

  const std::shared_ptr<ByteSource> bytes_;
  std::deque<Part> parts_;  ///< What is not sent yet.
  const HttpWake wake_;
  std::uint64_t size_ = 0;
  std::unique_ptr<ByteReader> reader_;
  std::vector<std::byte> kept_;  ///< What prime() has read.
  std::size_t kept_sent_ = 0;
};

}  // namespace p2p
