#include "peer/node/shared_file.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace p2p {
namespace {

class SharedReader final : public ByteReader {
 public:
  SharedReader(std::shared_ptr<const File> file, const File::Stamp& verified, std::uint64_t first, std::uint64_t count,
               std::function<void()> on_changed)
      : file_(std::move(file)),
        verified_(verified),
        place_(first),
        end_(first + count),
        on_changed_(std::move(on_changed)) {}

  Got read(std::span<std::byte> out) override {
    if (failed_) return {State::failed};
    out = out.first(std::min<std::uint64_t>(out.size(), end_ - place_));
    if (!reads(out)) {
      failed_ = true;
      on_changed_();
      return {State::failed};
    }
    place_ += out.size();
    return {State::some, out.size()};
  }
  std::string fault() const override { return "the file was changed at the node that gives it"; }

 private:
  bool reads(std::span<std::byte> out) const {
    try {
      return file_->read_at(place_, out) == out.size() && file_->stamp() == verified_;
    } catch (const std::system_error&) {
      return false;
    }
  }

  std::shared_ptr<const File> file_;
  File::Stamp verified_;
  std::uint64_t place_;
  std::uint64_t end_;
  std::function<void()> on_changed_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ByteReader> SharedFile::open(std::uint64_t first, std::uint64_t count, std::function<void()>) {
  return std::make_unique<SharedReader>(file_, verified_, first, count, on_changed_);
}

}  // namespace p2p
