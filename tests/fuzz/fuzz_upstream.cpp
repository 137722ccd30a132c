// The swarm of an upstream, from any bytes: haves with digests and words of what is fetched are written again as they
// came; nobody is asked for a piece unless he has told the digest that it is compared with; and what is fetched from
// the upstream is not here, is never fetched twice at a time, and is little.
#include <algorithm>
#include <map>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

constexpr ContentPrefix kContent{std::byte{7}};
constexpr std::uint32_t kPieces = 12;

PieceDigest digest(std::uint32_t number) { return {std::byte(number)}; }

class Play {
 public:
  explicit Play(fuzz::ByteSource& input)
      : input_(input),
        swarm_({.self = PeerId{1},
                .listed = {PeerId{1}},
                .geometry = Geometry(kPieces * 8, 8),
                .preferred_neighbors = 2,
                .unchoking_interval = std::chrono::seconds(5),
                .optimistic_interval = std::chrono::seconds(15),
                .for_readers = true,
                .content = kContent,
                .open = true,
                .listens_at = 7000,
                .upstream = SwarmConfig::FromUpstream{.group = 1 + input.below(4)}},
               Bitfield(kPieces), input.byte(), now_) {}

  void run() {
    while (!input_.empty()) {
      switch (input_.below(7)) {
        case 0: come(); break;
        case 1: say(); break;
        case 2: read(); break;
        case 3: give(); break;
        case 4: answer(); break;
        case 5: go(); break;
        default: pass(std::chrono::milliseconds(50 * input_.byte()));
      }
      settle();
    }
  }

 private:
  struct Remote {
    Decoder hears{Geometry(kPieces * 8, 8), true, true};
    Decoder says{Geometry(kPieces * 8, 8), true, true};
    std::map<PieceIndex, PieceDigest> told{};
    std::vector<PieceIndex> asked{};
    bool ended = false;
  };

  void come() {
    if (remotes_.size() >= 8) return;
    const Origin from = Origin::of(Origin::V4{std::byte{10}, std::byte{0}, std::byte{0}, std::byte(input_.below(4))});
    const LinkId link = swarm_.on_accepted(from, now_);
    remotes_.try_emplace(link);
    Bytes hello;
    append_handshake({PeerId{2 + input_.below(8)}, encode(Features{.content = kContent})}, hello);
    append_bitfield(Bitfield(kPieces), hello);
    hear(link, hello);
  }

  std::optional<LinkId> any_link() {
    if (remotes_.empty()) return std::nullopt;
    auto it = remotes_.begin();
    std::advance(it, input_.below(static_cast<std::uint32_t>(remotes_.size())));
    return it->first;
  }

  void say() {
    const auto link = any_link();
    if (!link) return;
    Bytes frame;
    switch (input_.below(6)) {
      case 0: append_signal(MessageType::unchoke, frame); break;
      case 1: append_signal(MessageType::choke, frame); break;
      case 2: append_fetching({PieceIndex{input_.below(kPieces + 1)}, input_.below(kPieces)}, frame); break;
      case 3: {
        const auto payload = input_.bytes(input_.below(40));
        frame = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte(1 + payload.size()),
                 std::byte(kDigestHaveType + input_.below(2))};
        frame.insert(frame.end(), payload.begin(), payload.end());
        break;
      }
      default: append_digest_have({PieceIndex{input_.below(kPieces)}, digest(input_.below(3))}, frame);
    }
    hear(*link, frame);
  }

  void hear(LinkId link, std::span<const std::byte> bytes) {
    Remote& remote = remotes_.at(link);
    while (!bytes.empty() && !remote.ended) {
      const Bytes before(bytes.begin(), bytes.end());
      const Decoded item = remote.says.next(bytes);
      if (const auto* shown = std::get_if<Handshake>(&item)) swarm_.on_handshake(link, *shown, now_);
      if (const auto* violation = std::get_if<Violation>(&item)) {
        remote.ended = true;
        swarm_.on_violation(link, *violation, now_);
      }
      const auto* message = std::get_if<Message>(&item);
      if (!message) continue;
      Bytes again;
      if (const auto* have = std::get_if<DigestHave>(message)) {
        append_digest_have(*have, again);
        remote.told.try_emplace(have->piece, have->sha256);
      }
      if (const auto* word = std::get_if<Fetching>(message)) append_fetching(word->run, again);
      P2P_ASSERT(again.empty() || again == before);
      swarm_.on_message(link, *message, now_);
    }
  }

  void read() {
    const std::uint32_t first = input_.below(kPieces);
    const std::uint32_t end = first + 1 + input_.below(kPieces - first);
    swarm_.set_demand({{first, end}});
    if (input_.flag())
      swarm_.set_window(ReaderId{0}, PieceIndex{first}, end - first, now_);
    else
      swarm_.clear_window(ReaderId{0}, now_);
  }

  /// A neighbor gives what it was asked for.
  void give() {
    const auto link = any_link();
    if (!link || remotes_.at(*link).asked.empty() || remotes_.at(*link).ended) return;
    Remote& remote = remotes_.at(*link);
    const PieceIndex piece = remote.asked.front();
    remote.asked.erase(remote.asked.begin());
    swarm_.on_message(*link, PieceHead{piece, 8}, now_);
    swarm_.on_payload(*link, 8, now_);
    const auto stored = swarm_.on_piece_received(*link, now_);
    if (!stored) return;
    if (remote.told.at(*stored) == learned_.at(*stored) && !input_.flag())
      swarm_.on_piece_stored(*stored, now_);
    else
      swarm_.on_piece_rejected(*stored, now_);
  }

  /// The upstream does.
  void answer() {
    if (runs_.empty()) return;
    auto& [first, run] = *runs_.begin();
    if (input_.below(4) == 0) {
      const PieceIndex failed = first;
      runs_.erase(runs_.begin());
      return swarm_.on_upstream_failed(failed, now_);
    }
    const PieceIndex piece = run.first;
    ++run.first.value;
    if (--run.count == 0) runs_.erase(runs_.begin());
    if (!swarm_.on_upstream_piece(piece, digest(input_.below(2)), now_)) return;
    if (input_.below(4) == 0)
      swarm_.on_store_failed(piece, now_);
    else
      swarm_.on_upstream_stored(piece, now_);
  }

  void go() {
    if (remotes_.empty()) return;
    const LinkId link = remotes_.begin()->first;
    remotes_.erase(link);
    swarm_.on_closed(link, "gone", now_);
  }

  void pass(Duration time) {
    const Instant until = now_ + time;
    while (swarm_.next_deadline() <= until) {
      now_ = std::max(now_, swarm_.next_deadline());
      swarm_.on_timer(now_);
      settle();
    }
    now_ = until;
  }

  void settle() {
    while (const auto effect = swarm_.poll_effect()) {
      if (const auto* task = std::get_if<UpstreamTask>(&*effect)) {
        carry_out(*task);
      } else if (const auto* end = std::get_if<Disconnect>(&*effect)) {
        remotes_.erase(end->link);
        swarm_.on_closed(end->link, end->reason, now_);
      }
    }
    for (auto& [link, remote] : remotes_) check_what_it_hears(link, remote);
  }

  void carry_out(const UpstreamTask& task) {
    if (const auto* learn = std::get_if<Learn>(&task)) learned_.insert_or_assign(learn->piece, learn->sha256);
    if (const auto* stop = std::get_if<StopUpstream>(&task)) runs_.erase(stop->first);
    const auto* fetch = std::get_if<FetchUpstream>(&task);
    if (!fetch) return;
    P2P_ASSERT(fetch->run.count > 0 && fetch->run.end() <= kPieces && runs_.size() < Upstream::kMostOwn);
    for (std::uint32_t piece = fetch->run.first.value; piece < fetch->run.end(); ++piece) {
      P2P_ASSERT(!swarm_.stored().test(PieceIndex{piece}));
      for (const auto& [first, run] : runs_) P2P_ASSERT(!run.contains(PieceIndex{piece}));
    }
    runs_.emplace(fetch->run.first, fetch->run);
  }

  void check_what_it_hears(LinkId link, Remote& remote) {
    for (;;) {
      Bytes out;
      const auto piece = swarm_.poll_send(link, out);
      if (out.empty()) return;
      for (std::span<const std::byte> bytes(out); !bytes.empty();) {
        const Decoded item = remote.hears.next(bytes);
        P2P_ASSERT(!std::holds_alternative<Violation>(item) && !std::holds_alternative<NeedInput>(item));
        const auto* message = std::get_if<Message>(&item);
        if (!message) continue;
        if (const auto* request = std::get_if<Request>(message)) {
          P2P_ASSERT(remote.told.contains(request->piece));
          remote.asked.push_back(request->piece);
        }
        if (std::holds_alternative<Choke>(*message)) remote.asked.clear();
        if (const auto* have = std::get_if<DigestHave>(message))
          P2P_ASSERT(swarm_.stored().test(have->piece) && learned_.at(have->piece) == have->sha256);
      }
      if (piece) remote.hears.payload_taken(remote.hears.payload_left());
    }
  }

  fuzz::ByteSource& input_;
  Instant now_{};
  Swarm swarm_;
  std::map<LinkId, Remote> remotes_;
  std::map<PieceIndex, PieceDigest> learned_;
  std::map<PieceIndex, PieceRun> runs_;  ///< What is left of those that are fetched.
};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource source(data, size);
  p2p::Play(source).run();
  return 0;
}
