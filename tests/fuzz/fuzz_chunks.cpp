// One swarm with a chunk folder among remotes that say anything: what is settled is what enough of them said, nothing
// is asked for before, and nobody who said otherwise is asked.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/decoder.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kChunks = 5;
constexpr std::uint32_t kSelf = 0;
constexpr std::uint32_t kPeers = 5;

ChunkClaim claim_of(std::uint32_t piece, std::uint32_t kind) {
  // Sizes from 0 on; the last kind has the name of another chunk.
  ChunkClaim claim{.size = piece * kind % 7, .sha256 = {}, .name = kind == 3 ? "0" : std::to_string(piece)};
  claim.sha256[0] = static_cast<std::byte>(kind);
  return claim;
}

struct Remote {
  LinkId link;
  std::uint32_t peer;
  Decoder decoder;
  Bitfield has{kChunks};
  std::uint32_t next_announced = 0;
  bool announcing = false;
  bool greeted = false;  ///< The swarm's handshake came: it is its neighbor's one link in use.
  bool chokes = true;
  std::map<std::uint32_t, std::uint32_t> said{};  ///< Kind by chunk, on this link.
  std::vector<PieceIndex> asked{};
};

class Driver {
 public:
  explicit Driver(fuzz::ByteSource& input)
      : input_(input), quorum_(1 + input.below(3)), held_(input.byte()), swarm_(config(), held(), input.byte(), now_) {
    settle();
  }

  void step() {
    now_ += std::chrono::milliseconds(input_.below(200));
    const std::uint32_t choice = input_.below(8);
    if (choice == 0 || remotes_.empty()) return join();
    const std::size_t which = input_.below(static_cast<std::uint32_t>(remotes_.size()));
    Remote& remote = *remotes_[which];
    if (choice == 1) return leave(remote);
    if (choice <= 4) return announce(remote);
    if (choice == 5) say(remote, Unchoke{});
    if (choice == 6) answer(remote);
    if (choice == 7 && swarm_.next_deadline() <= now_) swarm_.on_timer(now_);
    settle();
  }

 private:
  Bitfield held() const {
    Bitfield held(kChunks);
    for (std::uint32_t i = 0; i < kChunks; ++i)
      if (held_ >> i & 1) held.set(PieceIndex{i});
    return held;
  }

  SwarmConfig config() {
    SwarmConfig config{.self = PeerId{kSelf},
                       .listed = {},
                       .geometry = Geometry::of_chunks(kChunks),
                       .preferred_neighbors = 2,
                       .unchoking_interval = 1s,
                       .optimistic_interval = 3s};
    for (std::uint32_t i = 0; i < kPeers; ++i) config.listed.push_back(PeerId{i});
    config.content = chunk_folder_prefix(kChunks);
    config.chunks =
        ChunkFolder{.quorum = quorum_, .held = {}, .name_fault = [](std::string_view) { return std::string(); }};
    held().for_each([&](PieceIndex piece) {
      config.chunks->held.push_back({piece, claim_of(piece.value, 0), (held_ & 0x80) == 0});
      config.geometry.learn(piece, claim_of(piece.value, 0).size);
      if ((held_ & 0x80) == 0) votes_[piece.value][kSelf] = 0;
    });
    return config;
  }

  void join() {
    const std::uint32_t peer = 1 + input_.below(kPeers - 1);
    const LinkId link = swarm_.on_accepted({}, now_);
    remotes_.push_back(
        std::make_unique<Remote>(Remote{.link = link, .peer = peer, .decoder = Decoder(swarm_.geometry())}));
    Remote& remote = *remotes_.back();
    swarm_.on_handshake(link, {PeerId{peer}, encode(Features{.chunks = true, .content = chunk_folder_prefix(kChunks)})},
                        now_);
    settle();
    if (!is_open(link)) return;
    const std::uint8_t bits = input_.byte();
    for (std::uint32_t i = 0; i < kChunks; ++i)
      if (bits >> i & 1) remote.has.set(PieceIndex{i});
    remote.announcing = true;
    swarm_.on_message(link, BitfieldMessage{remote.has}, now_);
    settle();
  }

  bool is_open(LinkId link) const {
    return std::ranges::any_of(remotes_, [&](const auto& remote) { return remote->link == link; });
  }

  void leave(Remote& remote) {
    const LinkId link = remote.link;
    std::erase_if(remotes_, [&](const auto& each) { return each->link == link; });
    swarm_.on_closed(link, "left", now_);
    settle();
  }

  void say(Remote& remote, const Message& message) {
    remote.announcing = false;
    if (std::holds_alternative<Unchoke>(message)) remote.chokes = false;
    swarm_.on_message(remote.link, message, now_);
  }

  void announce(Remote& remote) {
    if (!remote.greeted) return;
    const std::uint32_t piece = input_.below(kChunks), kind = input_.below(4);
    const LinkId link = remote.link;
    const bool legal = remote.announcing && piece >= remote.next_announced && remote.has.test(PieceIndex{piece});
    if (legal) {
      votes_[piece][remote.peer] = kind;
      remote.next_announced = piece + 1;
      remote.said[piece] = kind;
    }
    swarm_.on_message(
        link, ChunkAnnouncement{PieceIndex{piece}, std::make_shared<const ChunkClaim>(claim_of(piece, kind))}, now_);
    if (legal) judge(piece, kind);
    settle();
    P2P_ASSERT(is_open(link) == legal);
  }

  /// What the last vote has settled.
  void judge(std::uint32_t piece, std::uint32_t kind) {
    const ChunkClaim* settled = swarm_.quorum()->settled(PieceIndex{piece});
    if (const auto before = settled_.find(piece); before != settled_.end()) {
      P2P_ASSERT(settled && *settled == claim_of(piece, before->second));
      return;
    }
    const auto agreeing = std::ranges::count(votes_[piece], kind, [](const auto& vote) { return vote.second; });
    if (!settled) {
      P2P_ASSERT(agreeing < quorum_ || kind == 3 || piece == 0);
      return;
    }
    P2P_ASSERT(agreeing >= quorum_ && *settled == claim_of(piece, kind));
    settled_[piece] = kind;
  }

  /// Sends what was asked for.
  void answer(Remote& remote) {
    if (remote.asked.empty()) return;
    const PieceIndex piece = remote.asked.front();
    remote.asked.erase(remote.asked.begin());
    const std::uint32_t size = swarm_.geometry().size_of(piece);
    const LinkId link = remote.link;
    say(remote, PieceHead{piece, size});
    settle();
    if (!is_open(link)) return;
    if (size > 0) swarm_.on_payload(link, size, now_);
    const auto stored = swarm_.on_piece_received(link, now_);
    if (!stored) return;
    P2P_ASSERT(settled_.contains(stored->value));
    if (input_.below(4) == 0)
      swarm_.on_piece_rejected(*stored, now_);
    else
      swarm_.on_piece_stored(*stored, now_);
  }

  void settle() {
    while (const auto effect = swarm_.poll_effect()) {
      if (const auto* ready = std::get_if<SendReady>(&*effect)) hear(ready->link);
      if (const auto* dial = std::get_if<Dial>(&*effect)) swarm_.on_dial_failed(dial->peer, DialFault::refused, now_);
      if (const auto* disconnect = std::get_if<Disconnect>(&*effect)) {
        std::erase_if(remotes_, [&](const auto& each) { return each->link == disconnect->link; });
        swarm_.on_closed(disconnect->link, disconnect->reason, now_);
      }
      const auto* event = std::get_if<Event>(&*effect);
      const auto* settled = event ? std::get_if<ChunkSettled>(event) : nullptr;
      if (!settled) continue;
      // Those that were settled by our own votes alone.
      if (!settled_.contains(settled->piece.value))
        settled_[settled->piece.value] = std::to_integer<std::uint32_t>(settled->claim->sha256[0]);
      if (!swarm_.stored().test(settled->piece)) swarm_.unlock_chunk(settled->piece, now_);
    }
  }

  void hear(LinkId link) {
    for (;;) {
      Bytes bytes;
      const auto piece = swarm_.poll_send(link, bytes);
      if (bytes.empty()) return;
      const auto it = std::ranges::find_if(remotes_, [&](const auto& remote) { return remote->link == link; });
      P2P_ASSERT(it != remotes_.end());
      Remote& remote = **it;
      for (std::span<const std::byte> input(bytes); !input.empty();) {
        const Decoded item = remote.decoder.next(input);
        P2P_ASSERT(!std::holds_alternative<Violation>(item) && !std::holds_alternative<NeedInput>(item));
        remote.greeted |= std::holds_alternative<Handshake>(item);
        if (const auto* message = std::get_if<Message>(&item)) check_sent(remote, *message);
      }
      P2P_ASSERT(remote.decoder.payload_left() == (piece ? swarm_.geometry().size_of(*piece) : 0));
      remote.decoder.payload_taken(remote.decoder.payload_left());
    }
  }

  void check_sent(Remote& remote, const Message& message) {
    if (const auto* announced = std::get_if<ChunkAnnouncement>(&message))
      P2P_ASSERT((held_ & 0x80) == 0 && (held_ >> announced->piece.value & 1) &&
                 *announced->claim == claim_of(announced->piece.value, 0));
    const auto* request = std::get_if<Request>(&message);
    if (!request) return;
    const auto settled = settled_.find(request->piece.value);
    P2P_ASSERT(settled != settled_.end() && !remote.chokes && remote.has.test(request->piece));
    const auto said = remote.said.find(request->piece.value);
    P2P_ASSERT(said == remote.said.end() || said->second == settled->second ||
               claim_of(said->first, said->second) == claim_of(said->first, settled->second));
    remote.asked.push_back(request->piece);
  }

  fuzz::ByteSource& input_;
  Instant now_{1h};
  std::uint32_t quorum_;
  std::uint8_t held_;  ///< The low bits: which chunks we hold; the high one: that we received them.
  std::map<std::uint32_t, std::map<std::uint32_t, std::uint32_t>> votes_{};  ///< Kind by chunk and peer.
  std::map<std::uint32_t, std::uint32_t> settled_{};                         ///< Kind by chunk.
  Swarm swarm_;
  std::vector<std::unique_ptr<Remote>> remotes_{};
};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::Driver driver(input);
  while (!input.empty()) driver.step();
  return 0;
}
