#include "peer/node/fetch_readers.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// Windows of 16 to 256 pieces cost the swarm the same; smaller ones than 32 stand still more often, and in larger ones
// a reader among others that do not read waits longer.
constexpr std::uint64_t kWindowBytes = 16u << 20;
constexpr std::uint64_t kFewestPieces = 32, kMostPieces = 128;
// In so many steps a window moves by its own size.
constexpr std::uint32_t kMoves = 8;

}  // namespace

std::uint32_t FetchReaders::window(std::uint32_t piece_size) {
  return static_cast<std::uint32_t>(std::clamp(kWindowBytes / piece_size, kFewestPieces, kMostPieces));
}

// --- the way to the network thread ---------------------------------------------------------------------------------

/// From any thread to the network thread, as long as the readers' owner is there.
class FetchReaders::Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  Mailbox(asio::io_context& io, FetchReaders& owner) : io_(&io), owner_(&owner) {}

  ReaderId number() {
    const std::lock_guard lock(mutex_);
    return ReaderId{next_++};
  }
  void open(ReaderId reader, std::shared_ptr<ReaderChannel> channel, std::size_t file) {
    {
      const std::lock_guard lock(mutex_);
      if (io_) {
        opened_.emplace(reader, Opened{std::move(channel), file});
        asio::post(*io_, [box = shared_from_this(), reader] { box->deliver(reader); });
        return;
      }
    }
    channel->fail(kOver);
  }
  /// The owner is to look at this reader.
  void tell(ReaderId reader) {
    const std::lock_guard lock(mutex_);
    if (!io_) return;
    asio::post(*io_, [box = shared_from_this(), reader] {
      if (box->owner_) box->owner_->look_at(reader);
    });
  }

  // --- the network thread ---
  /// Null when it is gone.
  FetchReaders* owner() const { return owner_; }
  void close() {
    owner_ = nullptr;
    std::map<ReaderId, Opened> opened;
    {
      const std::lock_guard lock(mutex_);
      io_ = nullptr;
      opened.swap(opened_);
    }
    for (const auto& [reader, each] : opened) each.channel->fail(kOver);
  }

 private:
  struct Opened {
    std::shared_ptr<ReaderChannel> channel;
    std::size_t file;
  };
  static constexpr const char* kOver = "this node does not fetch it any more";

  void deliver(ReaderId reader) {
    if (!owner_) return;
    std::unique_lock lock(mutex_);
    Opened opened = std::move(opened_.extract(reader).mapped());
    lock.unlock();
    owner_->add(reader, std::move(opened.channel), opened.file);
  }

  std::mutex mutex_;
  asio::io_context* io_;  ///< Null when the owner is gone.
  std::uint32_t next_ = 0;
  std::map<ReaderId, Opened> opened_;  ///< Those that the owner does not know yet.
  FetchReaders* owner_;                ///< Of the network thread alone.
};

class FetchReaders::Source final : public ByteSource {
 public:
  Source(std::shared_ptr<Mailbox> mailbox, std::size_t file, std::uint32_t piece_size)
      : mailbox_(std::move(mailbox)), file_(file), piece_size_(piece_size) {}

  std::unique_ptr<ByteReader> open(std::uint64_t first, std::uint64_t count, std::function<void()> wake) override {
    const ReaderId reader = mailbox_->number();
    auto channel =
        std::make_shared<ReaderChannel>(ReaderChannel::Range{first, first + count}, piece_size_, std::move(wake),
                                        [mailbox = mailbox_, reader] { mailbox->tell(reader); });
    mailbox_->open(reader, channel, file_);
    return std::make_unique<ChannelReader>(std::move(channel));
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::size_t file_;
  std::uint32_t piece_size_;
};

FetchReaders::FetchReaders(asio::io_context& io, Exchange& exchange, PieceStore& store,
                           std::function<std::string()> explain)
    : exchange_(exchange),
      store_(store),
      explain_(std::move(explain)),
      timer_(io),
      mailbox_(std::make_shared<Mailbox>(io, *this)) {}

FetchReaders::~FetchReaders() {
  end("this node does not fetch it any more");
  mailbox_->close();
}

std::shared_ptr<ByteSource> FetchReaders::source(std::size_t file) const {
  return std::make_shared<Source>(mailbox_, file, store_.geometry().piece_size());
}

// --- readers come, move and go -------------------------------------------------------------------------------------

void FetchReaders::add(ReaderId reader, std::shared_ptr<ReaderChannel> channel, std::size_t file) {
  if (!over_.empty()) return channel->fail(over_);
  const std::uint64_t first = channel->range().first;
  if (entries_.empty()) {
    received_ = exchange_.traffic().received;
    wait();
  }
  Entry& entry = entries_.emplace(reader, Entry{std::move(channel), file, first, now()}).first->second;
  grant_anew(reader, entry);
  tell_wanted();
  move_window(reader, entry);
}

/// It has told something.
void FetchReaders::look_at(ReaderId reader) {
  const auto found = entries_.find(reader);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const ReaderChannel::Look look = entry.channel->look();
  if (look.gone) return remove(reader);
  if (std::exchange(entry.place, look.place) != look.place) {
    entry.moved = now();
    tell_wanted();
  }
  if (entry.channel->take_doubts()) return check_file(reader);
  if (!entry.grant.file) grant_anew(reader, entry);
  move_window(reader, entry);
}

void FetchReaders::remove(ReaderId reader) {
  entries_.erase(reader);
  if (entries_.empty()) timer_.cancel();
  tell_wanted();
  exchange_.swarm().clear_window(reader, now());
  exchange_.carry_out();
}

void FetchReaders::move_window(ReaderId reader, Entry& entry) {
  const std::uint64_t end = entry.channel->range().end;
  const PieceIndex first = piece_at(entry.file, std::min(entry.place, end - 1));
  const std::uint32_t size = window(store_.geometry().piece_size());
  // Moving it costs as much as all windows are large. Who reads what is here does not need it moved for each piece.
  const auto is_near_enough = [&] {
    return first == entry.window ||
           (*entry.window < first && store_.stored().test(first) && first.value - entry.window->value < size / kMoves);
  };
  if (entry.place == end || entry.grant.end == end) {
    if (std::exchange(entry.window, std::nullopt)) exchange_.swarm().clear_window(reader, now());
  } else if (!entry.window || !is_near_enough()) {
    entry.window = first;
    const std::uint32_t left = piece_at(entry.file, end - 1).value + 1 - first.value;
    exchange_.swarm().set_window(reader, first, std::min(left, size), now());
  }
  exchange_.carry_out();
}

std::vector<FetchReaders::Pieces> FetchReaders::wanted() const {
  std::vector<Pieces> all;
  for (const auto& [reader, entry] : entries_)
    all.push_back(
        {piece_at(entry.file, entry.place).value, piece_at(entry.file, entry.channel->range().end - 1).value + 1});
  return all;
}

void FetchReaders::tell_wanted() const {
  if (options_.on_wanted) options_.on_wanted();
}

PieceIndex FetchReaders::piece_at(std::size_t file, std::uint64_t offset) const {
  return {store_.content().layout.files()[file].first_piece +
          static_cast<std::uint32_t>(offset / store_.geometry().piece_size())};
}

// --- what may be read ----------------------------------------------------------------------------------------------

/// Up to which place in the reader's range all is stored, from this one on.
std::uint64_t FetchReaders::stored_to(const Entry& entry, std::uint64_t offset) const {
  const std::uint64_t end = entry.channel->range().end, piece_size = store_.geometry().piece_size();
  if (store_.stored().complete()) return end;
  while (offset < end && store_.stored().test(piece_at(entry.file, offset)))
    offset = (offset / piece_size + 1) * piece_size;
  return std::min(offset, end);
}

/// Whatever was granted before.
void FetchReaders::grant_anew(ReaderId reader, Entry& entry) {
  entry.grant = {};
  const std::uint64_t place = entry.channel->look().place;
  if (place == entry.channel->range().end) return;
  const std::uint64_t end = stored_to(entry, place);
  if (end == place) {
    entry.channel->revoke();
    if (store_.frozen()) entry.channel->fail("the file was changed at the node that gives it");
    return;
  }
  auto source = store_.source(piece_at(entry.file, place));
  if (!source) {
    entry.channel->revoke();
    // Not now: this may come from inside of the exchange.
    asio::post(timer_.get_executor(), [box = mailbox_, reader] {
      if (box->owner()) box->owner()->check_file(reader);
    });
    return;
  }
  entry.grant = {std::move(source->file), store_.stamp_of(entry.file), end};
  entry.channel->grant(entry.grant);
}

/// Something is wrong with the file at the reader's place.
void FetchReaders::check_file(ReaderId reader) {
  auto entry = entries_.find(reader);
  if (entry == entries_.end()) return;
  const std::uint64_t place = entry->second.channel->look().place;
  if (place == entry->second.channel->range().end) return;
  const PieceIndex piece = piece_at(entry->second.file, place);
  if (store_.stored().test(piece)) {
    if (std::exchange(entry->second.doubted, place) == place)
      return entry->second.channel->fail("the file cannot be read at the node that gives it");
    exchange_.check_on_disk(piece);
    entry = entries_.find(reader);
    if (entry == entries_.end()) return;
  }
  grant_anew(reader, entry->second);
  move_window(reader, entry->second);
}

void FetchReaders::on_event(const Event& event) {
  if (const auto* const stored = std::get_if<PieceStored>(&event)) return on_stored(stored->piece);
  if (!std::holds_alternative<PiecesLost>(event) && !std::holds_alternative<TrustWithdrawn>(event) &&
      !std::holds_alternative<FileCompleted>(event))
    return;
  grant_all();
}

void FetchReaders::revoke_all() {
  for (auto& [reader, entry] : entries_) {
    entry.grant = {};
    entry.channel->revoke();
  }
}

void FetchReaders::grant_all() {
  for (auto& [reader, entry] : entries_) {
    grant_anew(reader, entry);
    mailbox_->tell(reader);  // its window may have to be another one, but not now
  }
}

void FetchReaders::on_stored(PieceIndex piece) {
  if (entries_.empty()) return;
  came_ = now();
  for (auto& [reader, entry] : entries_) {
    ReaderChannel::Grant& grant = entry.grant;
    if (!grant.file) {
      if (entry.place < entry.channel->range().end && piece == piece_at(entry.file, entry.place))
        grant_anew(reader, entry);
    } else if (grant.end < entry.channel->range().end && piece == piece_at(entry.file, grant.end)) {
      grant.end = stored_to(entry, grant.end);
      grant.stamp = store_.stamp_of(entry.file);
      entry.channel->grant(grant);
    } else {
      continue;
    }
    if (grant.end == entry.channel->range().end) mailbox_->tell(reader);  // it needs no window any more
  }
}

// --- when nothing comes --------------------------------------------------------------------------------------------

void FetchReaders::wait() {
  timer_.expires_after(std::min<Duration>(1s, options_.patience / 4));
  timer_.async_wait([box = mailbox_](const std::error_code& error) {
    if (!error && box->owner()) box->owner()->tick();
  });
}

void FetchReaders::tick() {
  if (entries_.empty()) return;
  const Instant at = now();
  if (std::exchange(received_, exchange_.traffic().received) != exchange_.traffic().received) came_ = at;
  for (auto& [reader, entry] : entries_)
    if (entry.channel->look().waiting && at - std::max(came_, entry.moved) >= options_.patience)
      entry.channel->fail(explain_());
  wait();
}

void FetchReaders::fail_waiting(const std::string& why) {
  for (const auto& [reader, entry] : entries_)
    if (entry.channel->look().waiting) entry.channel->fail(why);
}

void FetchReaders::end(const std::string& why) {
  if (over_.empty()) over_ = why;
  for (const auto& [reader, entry] : entries_) entry.channel->fail(over_);
}

}  // namespace p2p
