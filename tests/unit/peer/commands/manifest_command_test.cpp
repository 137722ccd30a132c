// Manifests are made and verified; the commands as a whole are tests/e2e/test_manifest.py.
#include "peer/commands/manifest_command.hpp"

#include <sstream>
#include <string>

#include "config/hex.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::random_text;
using test::TempDir;

TEST_CASE("the content id is the digest of the manifest's bytes, and the content is verified by it", "[manifest_command]") {
  const TempDir dir;
  dir.write("tree/a", random_text(10'000));
  dir.write("tree/b/c", "c");
  std::ostringstream printed;
  make_manifest({.paths = {dir / "tree"}, .output = dir / "m.json", .piece_size = 4096, .jobs = 2, .progress = ProgressMode::none}, printed);
  const std::string text = dir.read("m.json");
  CHECK(printed.str() == config::to_hex(sha256(std::as_bytes(std::span(text)))) + "\n");
  const config::Manifest manifest = config::parse_manifest(text, "m.json");
  CHECK(config::manifest_text(manifest) == text);
  CHECK(manifest.piece_count() == 4);

  const auto verify = [&] {
    std::ostringstream out;
    const ExitCode code = verify_content({.manifest = dir / "m.json", .content = dir / "tree", .progress = ProgressMode::none}, out);
    return std::to_string(static_cast<int>(code)) + ": " + out.str();
  };
  CHECK(verify() == "0: verified: 2 files, 4 pieces, 10001 bytes\n");
  dir.write("tree/b/c", "d");
  CHECK(verify() == "32: corrupt: b/c, bad piece 3\nmismatch: 1 of 2 files, 1 bad of 4 pieces, 10001 bytes\n");
}

}  // namespace
}  // namespace p2p
