// The requests of one link and the window that bounds them, against a model that remembers every request there was.
#include <algorithm>
#include <cmath>
#include <vector>

#include "protocol/swarm/request_window.hpp"
#include "protocol/swarm/requests.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

class Driver {
 public:
  explicit Driver(fuzz::ByteSource& input)
      : input_(input),
        limit_(1 + input.below(64)),
        piece_size_(1 + input.below(40'000)),
        window_(limit_, piece_size_) {}

  void step() {
    switch (input_.below(7)) {
      case 0:
      case 1: ask(); break;
      case 2:
      case 3: answer(); break;
      case 4: progress(); break;
      case 5: pass_time(); break;
      default: give_up(); break;
    }
    compare();
  }

 private:
  static constexpr std::uint32_t kPieces = 100;

  bool is_open(PieceIndex piece) const { return std::ranges::find(open_, piece, &OpenRequest::piece) != open_.end(); }
  std::uint32_t open_count() const { return static_cast<std::uint32_t>(open_.size()); }

  void ask() {
    const PieceIndex piece = touched_ = PieceIndex{input_.below(kPieces)};
    if (is_open(piece) || open_.size() >= window_.size()) return;
    if (open_.empty()) progress_ = now_;
    window_.on_asked(now_, open_count());
    requests_.ask(piece, now_);
    open_.push_back({piece, now_, open_.empty()});
  }

  void answer() {
    const PieceIndex piece = touched_ = PieceIndex{input_.below(kPieces)};
    const std::uint32_t before = window_.size();
    const auto open = std::ranges::find(open_, piece, &OpenRequest::piece);
    if (open != open_.end() && open->lone) window_.on_lone_head(open->asked, now_);
    const auto answered = requests_.answer(piece);
    P2P_ASSERT(answered.has_value() == (open != open_.end()));
    if (!answered) {
      // One request that was given up is accounted for; an answer to nothing changes nothing.
      if (const auto it = std::ranges::find(abandoned_, piece); it != abandoned_.end()) abandoned_.erase(it);
      return;
    }
    P2P_ASSERT(answered->piece == open->piece && answered->asked == open->asked && answered->lone == open->lone);
    window_.on_answered(answered->asked, now_, 1 + input_.below(piece_size_));
    progress_ = now_;
    open_.erase(open);
    P2P_ASSERT(window_.size() + 1 >= before && window_.size() <= before + 1);
  }

  void progress() {
    window_.on_progress(now_);
    progress_ = now_;
  }

  void pass_time() {
    constexpr Duration kSteps[] = {1ns, 100us, 20ms, 300ms, 2s, 5s, 61s, 24h};
    now_ += kSteps[input_.below(std::size(kSteps))];
    const bool stalled = window_.stalled(now_, open_count());
    // Patience has limits both ways, whatever the link has been through.
    if (open_.empty() || now_ - progress_ <= 4s) P2P_ASSERT(!stalled);
    if (!open_.empty() && now_ - progress_ > 60s) P2P_ASSERT(stalled);
    if (!stalled) return;
    give_up();
    window_.on_stalled();
    P2P_ASSERT(window_.size() == 1);
  }

  void give_up() {
    const std::vector<PieceIndex> given_up = requests_.abandon();
    P2P_ASSERT(std::ranges::equal(given_up, open_, {}, {}, &OpenRequest::piece));
    abandoned_.insert(abandoned_.end(), given_up.begin(), given_up.end());
    open_.clear();
  }

  void compare() const {
    P2P_ASSERT(window_.size() >= 1 && window_.size() <= limit_);
    P2P_ASSERT(window_.rate() >= 0 && !std::isnan(window_.rate()));
    P2P_ASSERT(requests_.open_count() == open_.size() && requests_.open().size() == open_.size());
    P2P_ASSERT(std::ranges::equal(requests_.open(), open_, {}, &OpenRequest::piece, &OpenRequest::piece));
    const bool given_up = std::ranges::find(abandoned_, touched_) != abandoned_.end();
    const auto expected = is_open(touched_) ? Requests::Fate::open
                          : given_up        ? Requests::Fate::abandoned
                                            : Requests::Fate::never_asked;
    P2P_ASSERT(requests_.fate(touched_) == expected);
  }

  fuzz::ByteSource& input_;
  std::uint32_t limit_;
  std::uint32_t piece_size_;
  Instant now_{1h};
  Instant progress_{};
  RequestWindow window_;
  Requests requests_;
  std::vector<OpenRequest> open_;
  std::vector<PieceIndex> abandoned_;
  PieceIndex touched_{};  ///< The piece of the last step, which is the one to look at.
};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::Driver driver(input);
  while (!input.empty()) driver.step();
  return 0;
}
