// The bytes of a file that was verified, and is nobody's to change: as long as it looks as it did then.
//
// Readers read by themselves, on the server's thread, and look at the file after each read: of a file that has changed
// no byte gets out that was not verified. Absent: files that are being fetched (fetch_readers.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "peer/http/content_host.hpp"
#include "peer/storage/file.hpp"

namespace p2p {

class SharedFile final : public ByteSource {
 public:
  /// `verified`: how it was. `on_changed`: it is not as it was; any thread, at most once a reader.
  SharedFile(std::shared_ptr<const File> file, File::Stamp verified, std::function<void()> on_changed)
      : file_(std::move(file)), verified_(verified), on_changed_(std::move(on_changed)) {}

  std::unique_ptr<ByteReader> open(std::uint64_t first, std::uint64_t count, std::function<void()> wake) override;

 private:
  std::shared_ptr<const File> file_;
  File::Stamp verified_;
  std::function<void()> on_changed_;
};

}  // namespace p2p
