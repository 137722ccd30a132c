#include "peer/gateway/version_fetch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "config/text.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/node/path_meaning.hpp"

namespace p2p {
namespace {

// Bytes of a group of pieces (protocol/swarm/upstream.hpp): one request, whose way there and back should be short
// beside the time of its bytes.
constexpr std::uint64_t kGroupBytes = 2u << 20;

}  // namespace

ManifestPtr VersionFetch::cut(const What& what) {
  const std::uint64_t size = what.version.size;
  config::Manifest manifest;
  manifest.piece_size = usual_piece_size(size);
  manifest.files.push_back({.path = std::string(last_part(what.path)), .size = size, .mode = 0644});
  manifest.digests.resize(config::pieces_of_file(size, manifest.piece_size) * sizeof(Sha256Digest));
  return std::make_shared<const KnownManifest>(KnownManifest{std::move(manifest), "", what.id});
}

VersionFetch::VersionFetch(const GatewayContent::Common& common, OriginClient& client, What what,
                           const ManifestPtr& known, std::shared_ptr<LearnedDigests> digests,
                           std::unique_ptr<PieceStore> store, Hooks hooks)
    : client_(client),
      what_(std::move(what)),
      digests_(std::move(digests)),
      on_changed_(std::move(hooks.on_changed)),
      geometry_(store->geometry()),
      complete_(store->stored().complete()),
      content_(common, known, std::move(store), what_.path, origin(hooks)) {}

GatewayContent::Origin VersionFetch::origin(const Hooks& hooks) {
  const std::uint64_t group = std::max<std::uint64_t>(kGroupBytes / geometry_.piece_size(), 1);
  return {.upstream = {.group = what_.version.ranges ? static_cast<std::uint32_t>(group) : geometry_.piece_count(),
                       .digests = complete_ ? digests_->all() : std::vector<PieceDigest>(),
                       .carry_out = [this](const UpstreamTask& task) { carry_out(task); },
                       .explain = [this] { return fault_; }},
          .on_complete = hooks.on_complete};
}

void VersionFetch::set_ready() {
  ready_ = true;
  for (const PieceRun& run : std::exchange(waiting_, {})) fetch(run);
}

void VersionFetch::carry_out(const UpstreamTask& task) {
  if (const auto* const learn = std::get_if<Learn>(&task)) digests_->learn(learn->piece, learn->sha256);
  if (over_) return;
  if (const auto* const begun = std::get_if<FetchUpstream>(&task))
    ready_ ? fetch(begun->run) : waiting_.push_back(begun->run);
  if (const auto* const stop = std::get_if<StopUpstream>(&task)) {
    std::erase_if(waiting_, [&](const PieceRun& run) { return run.first == stop->first; });
    if (const auto run = runs_.extract(stop->first)) client_.stop(run.mapped());
  }
}

/// Nothing is told of a request that was stopped, so none outlives this.
void VersionFetch::fetch(const PieceRun& run) {
  runs_[run.first] = client_.fetch(
      {.path = what_.path, .version = what_.version, .geometry = geometry_, .run = run},
      {.on_piece =
           [this](PieceIndex piece, const Sha256Digest& sha256, const std::vector<std::byte>& bytes) {
             fault_.clear();
             content_.take_upstream(piece, sha256, bytes);
           },
       .on_end = [this, first = run.first](const std::optional<OriginFault>& fault) { on_end(first, fault); },
       .received = received_});
}

void VersionFetch::on_end(PieceIndex first, const std::optional<OriginFault>& fault) {
  runs_.erase(first);
  if (!fault) return;
  fault_ = fault->why;
  spdlog::warn("{} of {}: {}", config::printable(what_.path), client_.url().text(), config::printable(fault_));
  if (fault->kind != OriginFault::Kind::changed) return content_.fail_upstream(first);
  content_.fail_readers(fault_ + " while it was fetched; ask again for what it is now");
  on_changed_();
}

std::uint64_t VersionFetch::tick(Instant at) {
  const std::uint64_t received = received_->exchange(0);
  content_.note_upstream(received);
  content_.tick(at);
  return received;
}

void VersionFetch::finish(std::function<void()> on_finished) {
  over_ = true;
  waiting_.clear();
  for (const auto& [first, run] : std::exchange(runs_, {})) client_.stop(run);
  content_.finish(std::move(on_finished));
}

}  // namespace p2p
