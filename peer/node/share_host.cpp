#include "peer/node/share_host.hpp"

#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/node/path_meaning.hpp"
#include "peer/node/shared_file.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
void ShareHost::find(const AskedPath& asked, std::function<void(FoundPath)> on_found) {
  asio::post(io_, [this, asked, on_found = std::move(on_found), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) on_found(answer(asked));
  });
}

FoundPath ShareHost::answer(const AskedPath& asked) {
  if (!asked.id) return named(asked.path);
  const std::string id = config::to_hex(*asked.id);
  if (!library_.offers(*asked.id)) return nothing("content " + id);
  return in_content(*asked.id, asked.path, "content " + id + (asked.path.empty() ? "" : "/" + asked.path));
}

FoundPath ShareHost::named(std::string_view path) {
  Named named = look_among(holdings_, path);
  if (named.folder) return named.folder;
  const std::string asked = config::in_quotes(std::string(path));
  return named.content ? in_content(named.content->id, named.below, asked) : nothing(asked);
}

/// `asked`: how it was asked for, for people.
FoundPath ShareHost::in_content(const ContentId& id, std::string_view below, const std::string& asked) {
  if (one_folder_) return in_folder(id, below, asked);
  const std::vector<std::string> names = library_.names_of(id);
  for (const std::string& name : names)
    if (below.empty() || below == last_part(name)) return file(id, name);
  return nothing(asked);
}

FoundPath ShareHost::file(const ContentId& id, const std::string& name) {
  const auto path = library_.path_of(id);
  if (!path) return nothing(config::in_quotes(name));
  try {
    auto file = std::make_shared<const File>(*path, File::Mode::read);
    const File::Stamp stamp = file->stamp();
    // What is open now is what was hashed, if the library, which looks after us, still finds that.
    if (library_.path_of(id) != path) return nothing(config::in_quotes(name));
    return FoundFile{.id = id,
                     .name = last_part(name),
                     .size = stamp.size,
                     .bytes = std::make_shared<SharedFile>(std::move(file), stamp, look_again())};
  } catch (const std::system_error&) {
    return unreadable(config::in_quotes(name));
  }
}

FoundPath ShareHost::in_folder(const ContentId& id, std::string_view below, const std::string& asked) {
  const Noted* const content = noted(id);
  if (!content) return nothing(asked);
  Inside inside = look_inside(*content->known, below);
  if (inside.folder) return inside.folder;
  if (!inside.file) return nothing(asked);
  const config::ManifestFile& wanted = content->known->manifest.files[*inside.file];
  try {
    return FoundFile{.id = id,
                     .name = last_part(wanted.path),
                     .size = wanted.size,
                     .bytes = std::make_shared<SharedFile>(
                         std::make_shared<const File>(content->root / wanted.path, File::Mode::read),
                         content->stamps[*inside.file], look_again())};
  } catch (const std::system_error&) {
    return unreadable(asked);
  }
}

/// Null when the folder is not what was hashed any more.
const ShareHost::Noted* ShareHost::noted(const ContentId& id) {
  if (noted_ && noted_->known->id == id) return &*noted_;
  noted_.reset();
  const auto root = library_.path_of(id);
  ManifestPtr known = root ? library_.manifest(id) : nullptr;
  if (!known) return nullptr;
  Noted fresh{*root, std::move(known), {}};
  try {
    for (const config::ManifestFile& each : fresh.known->manifest.files)
      fresh.stamps.push_back(File(fresh.root / each.path, File::Mode::read).stamp());
  } catch (const std::system_error&) {
    return nullptr;
  }
  // What was noted is what was hashed, if the library, which looks after us, still finds that.
  if (library_.path_of(id) != root) return nullptr;
  return &noted_.emplace(std::move(fresh));
}

FoundNothing ShareHost::nothing(const std::string& asked) const {
  const Library::Pending pending = library_.pending();
  std::string why = "this node does not offer " + asked;
  if (!pending.looked || pending.waiting > 0) why += " yet, or not at all: it is still reading its files";
  return {why + "; peerProcess gateway fetches what others offer"};
}

FoundUnreachable ShareHost::unreadable(const std::string& asked) const {
  return {"this node cannot open the file of " + asked + " now; try again"};
}

/// For any thread.
std::function<void()> ShareHost::look_again() {
  return [&io = io_, this, alive = std::weak_ptr(alive_)] {
    asio::post(io, [this, alive] {
      if (!alive.expired()) library_.look();
    });
  };
}

}  // namespace p2p
