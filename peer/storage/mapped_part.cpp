#include "peer/storage/mapped_part.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace p2p {
namespace {

[[noreturn]] void fail(const char* operation, const std::filesystem::path& path, int error) {
  throw std::system_error(error, std::generic_category(), std::string(operation) + " " + path.string());
}

}  // namespace

void reserve_blocks(const File& file, std::uint64_t bytes) {
  if (::ftruncate(file.descriptor(), 0) != 0) fail("resize", file.path(), errno);
  int error = 0;
  // It writes to each block where the file system knows no better.
  do error = bytes == 0 ? 0 : ::posix_fallocate(file.descriptor(), 0, static_cast<off_t>(bytes));
  while (error == EINTR);
  if (error != 0) fail("reserve space for", file.path(), error);
}

MappedPart::MappedPart(const std::filesystem::path& path, std::uint64_t size) : file_(File::create(path)), size_(size) {
  try {
    reserve_blocks(file_, size);
    map(size);
  } catch (const std::system_error&) {
    ::unlink(path.c_str());
    throw;
  }
}

void MappedPart::map(std::uint64_t size) {
  void* const data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.descriptor(), 0);
  if (data == MAP_FAILED) fail("map", file_.path(), errno);
  data_ = static_cast<std::byte*>(data);
}

MappedPart::~MappedPart() {
  ::munmap(data_, size_);
  ::unlink(file_.path().c_str());
}

}  // namespace p2p
