// An open file, with errors that say what was attempted on which path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>

namespace p2p {

/// No room: on the device, by quota, or by the process's limit on file sizes.
bool is_disk_full(const std::error_code& error);

/// Nothing is wrong with the file: the process or the machine has no descriptors or memory left for now.
bool is_exhausted(const std::error_code& error);

/// Something has this name, of whatever kind: a symbolic link that leads nowhere, too. True when nobody can tell.
bool something_is_at(const std::filesystem::path& path);

/// Makes the folders that are missing, as the umask leaves them but never closed to their owner. Throws
/// std::system_error.
void make_folders(const std::filesystem::path& folder);

/// Renames, and fails with EEXIST where something has the new name already. Throws std::system_error.
void rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// Waits until a folder's names would survive a loss of power. Throws std::system_error.
void sync_folder(const std::filesystem::path& folder);

/// These permissions with the owner's read and write, and executable, or not, for those who may read it.
std::uint32_t executable_mode(std::uint32_t mode, bool executable);

/// Owns the descriptor of a regular file: opening anything else is an error, and never waits for somebody. Every
/// function throws std::system_error whose text is "operation path: reason".
class File {
 public:
  enum class Mode {
    read,        ///< What the user named: symbolic links are followed.
    read_own,    ///< A file of ours that is there: a symbolic link in its place is an error.
    read_write,  ///< The same.
  };
  /// Size, and time of the last change in nanoseconds.
  struct Stamp {
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  File(std::filesystem::path path, Mode mode);
  /// A new file with the permissions that the umask leaves of 0666 or 0777, never less than the owner's read and write.
  /// EEXIST when anything has the name.
  static File create(std::filesystem::path path, bool executable = false);
  enum class Sync { no, yes };
  /// A new file whose name appears with all of its bytes: nobody, not even after a kill -9, sees it without them, or
  /// under another name. None where the file system has no files without names. EEXIST when anything has the name.
  static std::optional<File> create_at_once(const std::filesystem::path& path, std::span<const std::byte> bytes,
                                            Sync sync = Sync::no);
  /// The same, or nearly so where the file system has no files without names.
  static File create_with(std::filesystem::path path, std::span<const std::byte> bytes);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;

  int descriptor() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;

  /// Gives the file its size and, where the file system can, its blocks: a full disk is known now, and the file
  /// stays as it was.
  void preallocate(std::uint64_t bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// The same, and runs of zeros become holes, where the file system has them: whole blocks of kHoleAlignment bytes
  /// that give their room back. A hole reads as zeros, whatever was there before.
  void write_sparsely_at(std::uint64_t offset, std::span<const std::byte> bytes);
  static constexpr std::size_t kHoleAlignment = 4096;
  /// Bytes. A shorter run of zeros is written: as a hole it would cost more calls, and more extents, than room.
  static constexpr std::size_t kSmallestHole = 64 << 10;
  /// Nobody needs these bytes any more: where the file system can, their blocks are free, and they read as zeros.
  void give_back(std::uint64_t offset, std::uint64_t bytes) { (void)punch_hole(offset, bytes); }
  /// Returns how many bytes there were, fewer than asked for only at the file's end.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  void truncate(std::uint64_t bytes);
  /// Waits until what was written would survive a loss of power.
  void sync();
  /// Permission bits.
  std::uint32_t mode() const;
  void set_mode(std::uint32_t permissions);
  /// What changes when somebody else writes to the file.
  Stamp stamp() const;

 private:
  File(std::filesystem::path path, int fd);
  void let_owner_in();
  bool punch_hole(std::uint64_t offset, std::uint64_t bytes);
  [[noreturn]] void fail(const char* operation, int error) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace p2p
