// Stands in for libFuzzer where it is not there: runs a target once on each file of the given folders.
//
//   fuzz_decoder corpus/decoder regressions/decoder
//
// The first folder must have files, or the test would prove nothing; the others may be missing. A file's own path
// replays that file alone.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& path) {
  std::vector<fs::path> files;
  if (fs::is_regular_file(path)) files.push_back(path);
  if (fs::is_directory(path))
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void replay(const fs::path& path) {
  // Told before the run, because a target that finds something does not return.
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::uint8_t> input(text.begin(), text.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || files_of(argv[1]).empty()) {
    std::fprintf(stderr, "no inputs in %s\n", argc < 2 ? "nothing" : argv[1]);
    return 1;
  }
  for (int i = 1; i < argc; ++i)
    for (const fs::path& file : files_of(argv[i])) replay(file);
}
