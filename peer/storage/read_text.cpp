#include "peer/storage/read_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <span>
#include <system_error>

#include "peer/storage/file.hpp"

namespace p2p {

std::string read_text(const std::filesystem::path& path, std::size_t most) {
  const auto fail = [&path](int error) {
    throw std::system_error(error, std::system_category(), "read " + path.string());
  };
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(errno);
  if (std::filesystem::is_directory(path)) fail(EISDIR);
  std::string text;
  std::array<char, 65536> block;
  while (in && text.size() < most) {
    in.read(block.data(), static_cast<std::streamsize>(std::min(block.size(), most - text.size())));
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) fail(errno);
  return text;
}

std::string read_regular_text(const std::filesystem::path& path) {
  const File file(path, File::Mode::read);
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace p2p
