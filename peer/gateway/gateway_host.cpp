#include "peer/gateway/gateway_host.hpp"

#include <utility>
#include <variant>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/node/path_meaning.hpp"

namespace p2p {
namespace {

constexpr const char* kBusy = "This gateway is asked for more names than it can look for; try again in a second.";

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

/// A path whose meaning is being found out.
struct GatewayHost::Task {
  NameMeaning meaning;
  std::string path;
  std::set<std::string> asked{};
  OnFound on_found;
};

GatewayHost::GatewayHost(asio::io_context& io, NameSearch& names, Cache& cache, Options options)
    : io_(io), names_(names), cache_(cache), options_(std::move(options)) {}

void GatewayHost::find(const AskedPath& asked, std::function<void(FoundPath)> on_found) {
  asio::post(io_, [this, asked, on_found = std::move(on_found), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) begin(asked, on_found);
  });
}

void GatewayHost::begin(const AskedPath& asked, OnFound on_found) {
  if (leaving_) return on_found(FoundUnreachable{"This node is leaving."});
  if (asked.id) return find_id(*asked.id, asked.path, std::move(on_found));
  const auto task = std::make_shared<Task>(Task{.meaning = NameMeaning(asked.path, options_.quorum, options_.network),
                                                .path = asked.path,
                                                .on_found = std::move(on_found)});
  ask_more(task);
}

void GatewayHost::ask_more(const std::shared_ptr<Task>& task) {
  // An answer may come at once, and have more asked.
  std::vector<std::string> questions;
  for (const std::string& question : task->meaning.questions())
    if (task->asked.insert(question).second) questions.push_back(question);
  for (const std::string& question : questions) {
    const bool taken = names_.ask(question, [this, task, question](const SearchAnswerPtr& answer) {
      if (!task->on_found) return;
      task->meaning.on_answer(question, answer);
      task->meaning.questions().empty() ? decide(*task) : ask_more(task);
    });
    if (!taken && task->on_found) return std::exchange(task->on_found, nullptr)(FoundUnreachable{kBusy});
  }
}

void GatewayHost::decide(Task& task) {
  struct Decide {
    GatewayHost& host;
    const Task& task;
    OnFound on_found;

    void operator()(const NameMeaning::Content& content) const { host.open(content, true, on_found); }
    void operator()(const FoundFolderPtr& folder) const { on_found(folder); }
    void operator()(const FoundSeveral& several) const { on_found(several); }
    void operator()(FoundNothing nothing) const {
      if (host.options_.versions && !task.path.empty() && !task.path.ends_with('/'))
        return host.options_.versions->find(task.path, nothing, on_found);
      const std::string name = task.path.ends_with('/') ? task.path.substr(0, task.path.size() - 1) : task.path;
      if (const auto once = host.cache_.once_called(name))
        nothing.why += " The cache has a content that once had this name: /content/" + config::to_hex(*once);
      on_found(nothing);
    }
  };
  std::visit(Decide{*this, task, std::exchange(task.on_found, nullptr)}, task.meaning.meaning());
}

void GatewayHost::find_id(const ContentId& id, const std::string& inside, OnFound on_found) {
  if (!cache_.has(id)) return search_id(id, inside, std::move(on_found));
  // What is damaged in the cache comes again from those who have it.
  open({.id = id, .name = {}, .inside = inside, .holders = {}}, false,
       [this, id, inside, on_found = std::move(on_found)](const FoundPath& found) {
         if (leaving_ || !std::holds_alternative<FoundUnreachable>(found)) return on_found(found);
         search_id(id, inside, on_found);
       });
}

void GatewayHost::search_id(const ContentId& id, const std::string& inside, OnFound on_found) {
  const bool taken = names_.ask(id, [this, id, inside, on_found](const SearchAnswerPtr& answer) {
    if (!answer->holders.empty())
      return open({.id = id, .name = {}, .inside = inside, .holders = answer->holders}, false, on_found);
    on_found(FoundNothing{"Nobody has the content " + config::to_hex(id) + ": " + std::to_string(answer->asked) +
                          (answer->asked == 1 ? " node" : " nodes") + " of the network " +
                          config::in_quotes(options_.network) + " asked."});
  });
  if (!taken) on_found(FoundUnreachable{kBusy});
}

void GatewayHost::open(const NameMeaning::Content& content, bool by_name, OnFound on_found) {
  cache_.open(
      content.id, content.holders, by_name ? content.name : "",
      [content, on_found = std::move(on_found)](const Cache::Opened& opened) {
        const std::string what =
            content.name.empty() ? "the content " + config::to_hex(content.id) : config::in_quotes(content.name);
        if (const auto* const why = std::get_if<std::string>(&opened))
          return on_found(FoundUnreachable{"Cannot give " + what + ": " + *why + "."});
        auto* const* const open = std::get_if<GatewayContent*>(&opened);
        const ManifestPtr known = open ? (*open)->known() : std::get<ManifestPtr>(opened);
        Inside inside = look_inside(*known, content.inside);
        if (inside.folder) return on_found(inside.folder);
        if (!inside.file)
          return on_found(FoundNothing{"There is no " + config::in_quotes(content.inside) + " in " + what + "."});
        const config::ManifestFile& file = known->manifest.files[*inside.file];
        const bool is_itself = content.inside.empty() && !content.name.empty();
        on_found(FoundFile{.id = content.id,
                           .name = last_part(is_itself ? content.name : file.path),
                           .size = file.size,
                           .bytes = open && file.size > 0 ? (*open)->source(*inside.file) : no_bytes()});
      });
}

}  // namespace p2p
