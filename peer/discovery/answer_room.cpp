#include "peer/discovery/answer_room.hpp"

#include <algorithm>
#include <utility>

namespace p2p {

AnswerRoom::Ticket AnswerRoom::begin(std::function<void()> stop) {
  coming_.emplace(next_, Coming{0, std::move(stop)});
  return next_++;
}

void AnswerRoom::hold(Ticket answer, std::size_t bytes) {
  const auto coming = coming_.find(answer);
  if (coming == coming_.end()) return;
  coming->second.bytes = bytes;
  make_room();
}

void AnswerRoom::keep(std::size_t bytes) {
  kept_ += bytes;
  make_room();
}

void AnswerRoom::make_room() {
  const auto taken = [this] {
    std::size_t bytes = kept_;
    for (const auto& [ticket, coming] : coming_) bytes += coming.bytes;
    return bytes;
  };
  while (!coming_.empty() && taken() > bytes_) {
    const auto largest = std::ranges::max_element(coming_, {}, [](const auto& each) { return each.second.bytes; });
    const auto stop = std::move(largest->second.stop);
    coming_.erase(largest);
    ++cut_;
    stop();
  }
}

}  // namespace p2p
