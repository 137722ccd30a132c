// The names under which a content is built beside its place, and what of a folder is ours.
//
// The user's own files may have any name, so a name proves nothing. A journal is ours when it begins with our magic and
// this content's key (journal.hpp). What stands under the .part's name is ours when the journal beside it is, and it is
// as we made it or holds what the journal says (claim_scratch()). All else is left as it is, bit for bit: then the next
// pair of names is taken, and if no pair is ours or free, nothing is fetched.
#pragma once

#include <filesystem>
#include <vector>

#include "peer/storage/content.hpp"
#include "peer/storage/journal.hpp"
#include "peer/storage/scan.hpp"
#include "protocol/bitfield.hpp"

namespace p2p {

/// A .part, which is a file or a folder, and its journal.
struct Scratch {
  std::filesystem::path part;
  std::filesystem::path journal;
};

/// In the order in which they are to be tried: `NAME.part`, where the name leaves room for it, and
/// `.peerProcess-<16 hexadecimal digits>.part`, of the name and the content, which is never too long.
std::vector<Scratch> scratch_names(const Content& content);

struct ScratchClaim {
  Scratch names;
  Journal journal;
  Bitfield proven;  ///< The pieces of the .part whose bytes hash to what the journal says.
  bool made;        ///< The names were free, and the journal is a new one.
};

/// Takes the first pair of names that is ours, or else the first that is free, and makes the journal. Throws StoreError
/// when there is none, or when another process holds it; std::system_error.
ScratchClaim claim_scratch(const Content& content, const OnScan& on_scan);

/// The complete content becomes a .part again, under the first pair of names that is free; the journal is a new one.
/// Throws StoreError (mismatch), and then has touched nothing, when what has the content's name is not as we made it,
/// or cannot be renamed; std::system_error when it has been renamed and the journal cannot be made.
ScratchClaim take_name_back(const Content& content);

/// Removes a .part that has nothing, and its journal. A file that is not as we made it stays.
void remove_unused(const Scratch& pair, Journal& journal, const Content& content);

/// Removes what was built of a content that nobody wants any more, as far as it is proven ours and nobody works on it.
/// Precondition: the content is one file.
void give_up_scratch(const Content& content);

/// Whether writing to the content's files below `place` changes nothing else: none is a link or has a second name, and
/// no link leads to one. Throws nothing.
bool is_by_itself(const std::filesystem::path& place, const Content& content);

/// Removes what a process left that was killed between giving the content its name and removing the journal.
void remove_stale_journals(const Content& content);

/// Whether the file or folder is one of ours, which are never content: `.peerProcess` and what begins with
/// `.peerProcess-`, a journal, and a .part that has one beside it. Throws nothing.
bool is_own(const std::filesystem::path& path);

}  // namespace p2p
