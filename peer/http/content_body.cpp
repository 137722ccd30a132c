#include "peer/http/content_body.hpp"

#include <algorithm>
#include <utility>

namespace p2p {
namespace {

constexpr std::size_t kPrimeBytes = std::size_t{16} << 10;

}  // namespace

ContentBody::ContentBody(std::shared_ptr<ByteSource> bytes, std::vector<Part> parts, HttpWake wake)
    : bytes_(std::move(bytes)),
      parts_(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())),
      wake_(std::move(wake)) {
  for (const Part& part : parts_) size_ += part.head.size() + part.count;
}

std::string ContentBody::fault() const { return reader_ ? reader_->fault() : std::string(); }

HttpBody::State ContentBody::prime() {
  const auto& first = parts_.front();
  kept_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(first.count, kPrimeBytes)));
  const Got got = read_file(kept_);
  kept_.resize(got.state == State::some ? got.bytes : 0);
  return got.state;
}

HttpBody::Got ContentBody::read_file(std::span<std::byte> out) {
  Part& part = parts_.front();
  if (!reader_) reader_ = bytes_->open(part.first, part.count, wake_);
  const ByteReader::Got got =
      reader_->read(out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), part.count))));
  if (got.state == ByteReader::State::waiting) return {.state = State::waiting};
  if (got.state == ByteReader::State::failed) return {.state = State::failed};
  part.count -= got.bytes;
  if (part.count == 0) reader_.reset();
  return {.state = State::some, .bytes = got.bytes};
}

HttpBody::Got ContentBody::read(std::span<char> out) {
  if (parts_.empty()) return {.state = State::over};
  Part& part = parts_.front();
  Got got{.state = State::some};
  if (!part.head.empty()) {
    got.bytes = std::min(part.head.size(), out.size());
    std::ranges::copy(part.head.substr(0, got.bytes), out.begin());
    part.head.erase(0, got.bytes);
  } else if (kept_sent_ < kept_.size()) {
    const auto rest = std::span(kept_).subspan(kept_sent_);
    got.bytes = std::min(rest.size(), out.size());
    std::ranges::copy(rest.first(got.bytes), std::as_writable_bytes(out).begin());
    kept_sent_ += got.bytes;
    if (kept_sent_ == kept_.size()) kept_ = {}, kept_sent_ = 0;
  } else {
    got = read_file(std::as_writable_bytes(out));
  }
  if (part.head.empty() && kept_sent_ == kept_.size() && part.count == 0) parts_.pop_front();
  return got;
}

}  // namespace p2p
