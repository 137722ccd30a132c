// Looks at what is there under a content's name, before anything is done about it.
#pragma once

#include "peer/storage/content.hpp"

namespace p2p {

enum class FolderState {
  complete,  ///< File or folder with the right sizes.
  wrong,     ///< There, but with other sizes or files missing: only with a manifest, which can tell what is of use.
  missing,   ///< Nothing of that name; an unfinished .part may be there.
};

/// Looks without touching anything. Throws StoreError: mismatch when the root is of another kind, or, without a
/// manifest, of another size; unusable when it cannot be looked at.
FolderState inspect_folder(const Content& content);

}  // namespace p2p
