// An open file, with errors that say what was attempted on which path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

namespace p2p {

/// No room: on the device, by quota, or by the process's limit on file sizes.
bool is_disk_full(const std::error_code& error);

/// Owns a file descriptor. Every function throws std::system_error whose text is "operation path: reason".
class File {
 public:
  enum class Mode { read, read_write_create };

  File(std::filesystem::path path, Mode mode);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;

  int descriptor() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;

  /// Gives the file its size and, where the file system can, its blocks: a full disk is known now.
  void preallocate(std::uint64_t bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Renames on disk; the descriptor stays.
  void rename_to(const std::filesystem::path& path);

 private:
  [[noreturn]] void fail(const char* operation, int error) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace p2p
