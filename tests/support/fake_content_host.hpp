// A host of contents that has what a test gives it, when a test gives it.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "peer/http/content_host.hpp"

namespace p2p::test {

inline ContentId id_of(char letter) {
  ContentId id;
  id.fill(static_cast<std::byte>(letter));
  return id;
}

/// A file whose bytes come as the test lets them. Any thread.
class FakeSource : public ByteSource, public std::enable_shared_from_this<FakeSource> {
 public:
  /// All of it is here.
  explicit FakeSource(std::string bytes) : bytes_(std::move(bytes)), here_(bytes_.size()) {}

  /// From now on the first `count` bytes are here, and no more.
  void have(std::size_t count) {
    change([&] { here_ = count; });
  }
  /// What is not here never comes.
  void lose(std::string why) {
    change([&] { fault_ = std::move(why); });
  }
  /// Wakes all readers, without anything new.
  void wake() {
    change([] {});
  }
  std::size_t open_readers() const {
    const std::lock_guard lock(mutex_);
    return wakes_.size();
  }
  std::size_t opened() const {
    const std::lock_guard lock(mutex_);
    return opened_;
  }
  std::size_t size() const { return bytes_.size(); }

  std::unique_ptr<ByteReader> open(std::uint64_t first, std::uint64_t count, std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wakes_.emplace(++opened_, std::move(wake));
    return std::make_unique<Reader>(shared_from_this(), opened_, static_cast<std::size_t>(first),
                                    static_cast<std::size_t>(count));
  }

 private:
  class Reader : public ByteReader {
   public:
    Reader(std::shared_ptr<FakeSource> source, std::size_t number, std::size_t place, std::size_t count)
        : source_(std::move(source)), number_(number), place_(place), end_(place + count) {}
    ~Reader() override {
      const std::lock_guard lock(source_->mutex_);
      source_->wakes_.erase(number_);
    }

    Got read(std::span<std::byte> out) override {
      const std::lock_guard lock(source_->mutex_);
      const std::size_t here = std::min(source_->here_, end_);
      if (here <= place_) return {source_->fault_.empty() ? State::waiting : State::failed};
      const std::size_t bytes = std::min(out.size(), here - place_);
      std::memcpy(out.data(), source_->bytes_.data() + place_, bytes);
      place_ += bytes;
      return {State::some, bytes};
    }
    std::string fault() const override {
      const std::lock_guard lock(source_->mutex_);
      return source_->fault_;
    }

   private:
    const std::shared_ptr<FakeSource> source_;
    const std::size_t number_;
    std::size_t place_;
    const std::size_t end_;
  };

  /// Wakes under the lock, so that no reader is gone meanwhile.
  template <class Change>
  void change(Change&& make) {
    const std::lock_guard lock(mutex_);
    make();
    for (const auto& [number, wake] : wakes_) wake();
  }

  mutable std::mutex mutex_;
  const std::string bytes_;
  std::size_t here_;
  std::string fault_;
  std::size_t opened_ = 0;
  std::map<std::size_t, std::function<void()>> wakes_;
};

/// Answers at once, or, when it is told to wait, when it is told to go on.
class FakeContentHost : public ContentHost {
 public:
  /// What a path means: as AskedPath has it, "content/<64 digits>/..." by id.
  void add(std::string path, FoundFolder folder) {
    add(std::move(path), FoundPath(std::make_shared<const FoundFolder>(std::move(folder))));
  }
  void add(std::string path, FoundPath found) {
    const std::lock_guard lock(mutex_);
    found_.insert_or_assign(std::move(path), std::move(found));
  }
  /// A file under a name and its id.
  std::shared_ptr<FakeSource> add_file(const std::string& path, std::string bytes, char id = 'a') {
    const auto source = std::make_shared<FakeSource>(std::move(bytes));
    const FoundFile file{id_of(id), path.substr(path.rfind('/') + 1), source->size(), source};
    add(path, file);
    add(by_id(id_of(id)), file);
    return source;
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    is_held_ = true;
  }
  /// Answers what was asked meanwhile, in the calling thread.
  void release() {
    std::vector<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      is_held_ = false;
      held.swap(held_);
    }
    for (const auto& answer : held) answer();
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }

  void find(const AskedPath& asked, std::function<void(FoundPath)> on_found) override {
    const std::string path = asked.id ? by_id(*asked.id) + (asked.path.empty() ? "" : "/" + asked.path) : asked.path;
    {
      const std::lock_guard lock(mutex_);
      if (is_held_) {
        held_.push_back([this, path, call = std::move(on_found)] { call(look(path)); });
        return;
      }
    }
    on_found(look(path));
  }

  static std::string by_id(const ContentId& id) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string path = "content/";
    for (const std::byte byte : id) {
      path += kHex[static_cast<unsigned>(byte) >> 4];
      path += kHex[static_cast<unsigned>(byte) & 15];
    }
    return path;
  }

 private:
  FoundPath look(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = found_.find(path);
    return found == found_.end() ? FoundPath{FoundNothing{"nobody has " + path}} : found->second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, FoundPath> found_;
  bool is_held_ = false;
  std::vector<std::function<void()>> held_;
};

}  // namespace p2p::test
