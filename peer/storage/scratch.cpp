#include "peer/storage/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "peer/storage/store_error.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 255;
constexpr std::string_view kPart = ".part";
constexpr std::string_view kJournal = ".journal";
constexpr std::string_view kFolder = ".peerProcess";

fs::path beside(const fs::path& root, std::string name, std::string_view suffix) {
  return root.parent_path() / name.append(suffix);
}

std::string hidden_name(const std::string& name, const Xxh3Digest& key) {
  std::string text = name;
  for (const std::byte byte : key) text += static_cast<char>(byte);
  const Xxh3Digest digest = xxh3_128(std::as_bytes(std::span(text)));
  return std::string(kFolder) + "-" + config::to_hex(std::span(digest).first<8>());
}

Xxh3Digest journal_key(const Content& content) {
  if (content.id) return xxh3_128(*content.id);
  const Geometry& geometry = content.layout.geometry();
  const std::string text =
      std::to_string(geometry.total_size()) + " bytes in pieces of " + std::to_string(geometry.piece_size());
  return xxh3_128(std::as_bytes(std::span(text)));
}

Bitfield proven_by(const Journal& journal, const Content& content, const fs::path& part, const OnScan& on_scan) {
  const Geometry& geometry = content.layout.geometry();
  std::map<PieceIndex, Xxh3Digest> digests;
  for (const auto& [piece, digest] : journal.records())
    if (geometry.contains(piece)) digests[piece] = digest;
  std::vector<PieceIndex> claimed;
  for (const auto& [piece, digest] : digests) claimed.push_back(piece);
  const auto is_right = [&](PieceIndex piece, std::span<std::byte> buffer) {
    return read_piece(content.layout, part, File::Mode::read_own, piece, buffer) &&
           xxh3_128(buffer) == digests.at(piece);
  };
  return scan_pieces(geometry, claimed, is_right, on_scan);
}

/// Whether what is there has the sizes that we gave it.
bool has_our_sizes(const fs::path& part, const Content& content) {
  return std::ranges::all_of(content.layout.files(), [&](const Layout::File& file) {
    struct stat status {};
    if (::lstat(place_below(part, file.path).c_str(), &status) != 0) return errno == ENOENT;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    return size == 0 || size == file.size;
  });
}

/// It is ours when it is as we made it, or has bytes that the journal tells of.
std::optional<ScratchClaim> resume(const Scratch& pair, const Content& content, const OnScan& on_scan) {
  auto journal = Journal::open(pair.journal, journal_key(content));
  // Before anything is read there.
  if (!journal || !is_by_itself(pair.part, content)) return std::nullopt;
  Bitfield proven = proven_by(*journal, content, pair.part, on_scan);
  if (proven.count() == 0 && !has_our_sizes(pair.part, content)) return std::nullopt;
  return ScratchClaim{pair, std::move(*journal), std::move(proven), false};
}

/// Empty when somebody else has taken the name meanwhile.
std::optional<ScratchClaim> begin(const Scratch& pair, const Content& content) {
  try {
    return ScratchClaim{pair, Journal::create(pair.journal, journal_key(content)),
                        Bitfield(content.layout.geometry().piece_count()), true};
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::file_exists) return std::nullopt;
    throw;
  }
}

}  // namespace

bool is_by_itself(const fs::path& part, const Content& content) {
  struct stat status {};
  if (::lstat(part.c_str(), &status) != 0) return errno == ENOENT;
  if (content.layout.is_folder() && !S_ISDIR(status.st_mode)) return false;
  return std::ranges::all_of(content.layout.files(), [&](const Layout::File& file) {
    for (fs::path folder = file.path.parent_path(); !folder.empty(); folder = folder.parent_path())
      if (::lstat((part / folder).c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) return false;
    if (::lstat(place_below(part, file.path).c_str(), &status) != 0) return errno == ENOENT;
    // Something that has other names, too, is somebody's copy.
    return S_ISREG(status.st_mode) && status.st_nlink == 1;
  });
}

std::vector<Scratch> scratch_names(const Content& content) {
  const fs::path& root = content.root;
  const std::string name = root.filename().string();
  std::vector<Scratch> pairs;
  if (name.size() + kJournal.size() <= kLongestName)
    pairs.push_back({beside(root, name, kPart), beside(root, name, kJournal)});
  const std::string hidden = hidden_name(name, journal_key(content));
  pairs.push_back({beside(root, hidden, kPart), beside(root, hidden, kJournal)});
  return pairs;
}

ScratchClaim claim_scratch(const Content& content, const OnScan& on_scan) {
  constexpr int kMostRaces = 100;
  const std::vector<Scratch> pairs = scratch_names(content);
  for (int races = 0; races < kMostRaces; ++races) {
    for (const Scratch& pair : pairs)
      if (auto claim = resume(pair, content, on_scan)) return std::move(*claim);
    const auto is_free = [](const Scratch& pair) {
      return !something_is_at(pair.part) && !something_is_at(pair.journal);
    };
    const auto pair = std::ranges::find_if(pairs, is_free);
    if (pair == pairs.end()) break;
    if (auto claim = begin(*pair, content)) return std::move(*claim);
  }
  std::string names;
  for (const Scratch& pair : pairs) names += "\n  " + pair.part.string() + "\n  " + pair.journal.string();
  throw StoreError(StoreFault::unusable,
                   "cannot build " + content.root.string() +
                       ": something else has the names that are needed for it; move away what is there of" + names);
}

ScratchClaim take_name_back(const Content& content) {
  const auto unmended = [&](const std::string& why) {
    return StoreError(StoreFault::mismatch, content.root.string() + " is not right, and cannot be mended: " + why +
                                                "; remove it and start again");
  };
  if (!is_by_itself(content.root, content) || !has_our_sizes(content.root, content))
    throw unmended("it has been replaced, or has another name, too");
  for (const Scratch& pair : scratch_names(content)) {
    if (something_is_at(pair.part) || something_is_at(pair.journal)) continue;
    // A crash in between leaves a .part that nobody claims. The other way round it would leave a file that seems to be
    // complete.
    try {
      rename_to_new(content.root, pair.part);
    } catch (const std::system_error& error) {
      throw unmended(error.what());
    }
    if (auto claim = begin(pair, content)) return std::move(*claim);
    throw std::system_error(EEXIST, std::generic_category(), "create " + pair.journal.string());
  }
  throw unmended("something else has the names that are needed for that");
}

void remove_unused(const Scratch& pair, Journal& journal, const Content& content) {
  if (!is_by_itself(pair.part, content) || !has_our_sizes(pair.part, content)) return;
  std::set<fs::path> folders;
  const auto add = [&](fs::path folder) {
    for (; !folder.empty(); folder = folder.parent_path()) folders.insert(folder);
  };
  for (const Layout::File& file : content.layout.files()) {
    ::unlink(place_below(pair.part, file.path).c_str());
    add(file.path.parent_path());
  }
  for (const fs::path& folder : content.layout.empty_folders()) add(folder);
  // The entries of a folder sort behind it. A folder in which the user has put something stays.
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) ::rmdir((pair.part / *folder).c_str());
  if (content.layout.is_folder()) ::rmdir(pair.part.c_str());
  if (!something_is_at(pair.part)) journal.remove();
}

void give_up_scratch(const Content& content) {
  P2P_ASSERT(!content.layout.is_folder());
  for (const Scratch& pair : scratch_names(content)) {
    try {
      auto claim = resume(pair, content, {});
      if (!claim) continue;
      fs::remove(pair.part);
      claim->journal.remove();
    } catch (const std::exception&) {
      // It takes room, and does no other harm.
    }
  }
}

void remove_stale_journals(const Content& content) {
  for (const Scratch& pair : scratch_names(content)) {
    if (something_is_at(pair.part)) continue;
    try {
      if (auto journal = Journal::open(pair.journal, journal_key(content))) journal->remove();
    } catch (const std::exception&) {
      // It does no harm.
    }
  }
}

bool is_own(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name == kFolder || name.starts_with(std::string(kFolder) + "-")) return true;
  if (name.ends_with(kJournal)) return Journal::is_at(path);
  return name.ends_with(kPart) && Journal::is_at(beside(path, name.substr(0, name.size() - kPart.size()), kJournal));
}

}  // namespace p2p
