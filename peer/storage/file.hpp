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

/// Nothing is wrong with the file: the process or the machine has no descriptors or memory left for now.
bool is_exhausted(const std::error_code& error);

/// Waits until a folder's names would survive a loss of power. Throws std::system_error.
void sync_folder(const std::filesystem::path& folder);

/// Owns a file descriptor. Every function throws std::system_error whose text is "operation path: reason".
class File {
 public:
  enum class Mode { read, read_write_create };
  /// Size, and time of the last change in nanoseconds.
  struct Stamp {
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

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
  /// Returns how many bytes there were, fewer than asked for only at the file's end.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  void truncate(std::uint64_t bytes);
  /// Waits until what was written would survive a loss of power.
  void sync();
  void set_mode(std::uint32_t permissions);
  /// What changes when somebody else writes to the file.
  Stamp stamp() const;
  /// Renames on disk; the descriptor stays.
  void rename_to(const std::filesystem::path& path);

 private:
  [[noreturn]] void fail(const char* operation, int error) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace p2p
