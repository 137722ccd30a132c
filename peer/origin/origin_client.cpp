#include "peer/origin/origin_client.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "peer/origin/curl.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// Of one request, pieces that nobody has taken yet.
constexpr std::size_t kMostUntaken = 2;
// At the origin.
constexpr long kMostConnections = 16;
constexpr long kMostRedirects = 5;
// An answer whose body is not wanted is at most so large that it is read to its end, which keeps the connection.
constexpr std::uint64_t kSmallBody = 4096;
// How long the thread sleeps when nobody wakes it.
constexpr int kPollMs = 1000;

}  // namespace

/// What the two threads share: a list of what to do for the client's thread, and requests by their numbers.
class OriginClient::Worker : public std::enable_shared_from_this<Worker> {
 public:
  struct Request {
    std::string url;
    std::optional<Range> range;  ///< None: asks for the version.
    OnVersion on_version;
    Hooks hooks;
  };

  Worker(asio::io_context& io, const OriginUrl& url, Options options)
      : curl_(Curl::get()), executor_(io.get_executor()), url_(url), options_(options), multi_(curl_.multi_init()) {
    curl_.multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kMostConnections);
    // HTTP/2 would put all ranges on one connection, which one lost packet holds up.
    curl_.multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }
  ~Worker() { curl_.multi_cleanup(multi_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run() {
    thread_ = std::thread([this] { loop(); });
  }

  // --- on the network thread ---------------------------------------------------------------------------------------

  void begin(Id id, Request request) {
    later([this, id, url = std::move(request.url), range = std::move(request.range),
           received = request.hooks.received]() mutable { start(id, url, std::move(range), std::move(received)); });
    open_.emplace(id, Open{std::move(request.on_version), std::move(request.hooks)});
  }

  void stop(Id id) {
    if (open_.erase(id) > 0) later([this, id] { drop(id); });
  }

  void end() {
    open_.clear();
    later([this] { over_ = true; });
    thread_.join();
  }

 private:
  struct Open {
    OnVersion on_version;
    Hooks hooks;
  };

  /// One request, on the client's thread.
  struct Transfer {
    Transfer(Worker& its_worker, Id its_id, std::optional<Range> its_range,
             std::shared_ptr<std::atomic<std::uint64_t>> its_received)
        : worker(its_worker), id(its_id), range(std::move(its_range)), received(std::move(its_received)) {}

    Worker& worker;
    Id id;
    std::optional<Range> range;
    std::shared_ptr<std::atomic<std::uint64_t>> received;
    CURL* easy = nullptr;
    OriginHead head{};
    bool judged = false;                 ///< The head is whole, and was looked at.
    std::optional<OriginFault> fault{};  ///< What it is wrong in.
    std::uint64_t place = 0;             ///< In the file, of the next byte.
    std::uint64_t ignored = 0;           ///< Bytes of a body that nobody wants.
    std::uint32_t next = 0;              ///< The piece that comes.
    std::vector<std::byte> piece{};      ///< As far as it has come.
    Digester digester{config::PieceHash::sha256};
    std::size_t untaken = 0;
    bool held = false;
    std::string error = std::string(CURL_ERROR_SIZE, '\0');

    std::size_t on_body(std::span<const std::byte> bytes);
    std::size_t take(std::span<const std::byte> bytes);
    std::uint64_t offset(std::uint32_t index) const { return std::uint64_t{index} * range->geometry.piece_size(); }
  };

  void later(std::function<void()> what) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(what));
    }
    curl_.multi_wakeup(multi_);
  }

  /// Calls this on the network thread, if the request is still wanted there.
  template <class Call>
  void tell(Id id, Call call) {
    asio::post(executor_, [self = shared_from_this(), id, call = std::move(call)] {
      const auto open = self->open_.find(id);
      if (open != self->open_.end()) call(*self, open);
    });
  }
  using OpenAt = std::map<Id, Open>::iterator;

  void loop() {
    while (!over_) {
      std::vector<std::function<void()>> tasks;
      {
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
      }
      for (const auto& task : tasks) task();
      int running = 0;
      curl_.multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* const message = curl_.multi_info_read(multi_, &left))
        if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
      if (!over_) curl_.multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
    while (!transfers_.empty()) drop(transfers_.begin()->first);
  }

  void start(Id id, const std::string& url, std::optional<Range> range,
             std::shared_ptr<std::atomic<std::uint64_t>> received);
  void drop(Id id);
  void finish(CURL* easy, CURLcode result);
  void hand_over(Transfer& transfer);
  void on_taken(Id id);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer) {
    static_cast<Transfer*>(transfer)->head.take_line({data, size * count});
    return size * count;
  }
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* transfer) {
    return static_cast<Transfer*>(transfer)->on_body(std::as_bytes(std::span(data, size * count)));
  }

  const Curl& curl_;
  asio::any_io_executor executor_;
  const OriginUrl url_;
  const Options options_;
  CURLM* multi_;
  std::map<Id, Open> open_;  ///< The network thread's.

  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;

  std::map<Id, std::unique_ptr<Transfer>> transfers_;  ///< The client's thread's, as all below.
  bool over_ = false;
  std::thread thread_;
};

// --- on the client's thread ----------------------------------------------------------------------------------------

void OriginClient::Worker::start(Id id, const std::string& url, std::optional<Range> range,
                                 std::shared_ptr<std::atomic<std::uint64_t>> received) {
  auto transfer = std::make_unique<Transfer>(*this, id, std::move(range), std::move(received));
  CURL* const easy = transfer->easy = curl_.easy_init();
  const auto set = [&](CURLoption option, auto value) { curl_.easy_setopt(easy, option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, url_.is_sealed() ? "https" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kMostRedirects);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "peerProcess");
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connecting.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.silence.count()));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_ERRORBUFFER, transfer->error.data());
  set(CURLOPT_HEADERFUNCTION, &Worker::on_header);
  set(CURLOPT_HEADERDATA, transfer.get());
  set(CURLOPT_WRITEFUNCTION, static_cast<std::size_t (*)(char*, std::size_t, std::size_t, void*)>(&Worker::on_body));
  set(CURLOPT_WRITEDATA, transfer.get());
  set(CURLOPT_PRIVATE, transfer.get());
  if (options_.rate) set(CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(*options_.rate));
  if (url_.has_credentials()) {
    set(CURLOPT_USERNAME, url_.user().c_str());
    set(CURLOPT_PASSWORD, url_.password().c_str());
  }
  if (!transfer->range) {
    set(CURLOPT_RANGE, "0-0");
  } else {
    const Range& wanted = *transfer->range;
    transfer->next = wanted.run.first.value;
    if (wanted.version.ranges) {
      const PieceIndex last{wanted.run.end() - 1};
      transfer->place = transfer->offset(transfer->next);
      const std::uint64_t end = transfer->offset(last.value) + wanted.geometry.size_of(last);
      set(CURLOPT_RANGE, (std::to_string(transfer->place) + "-" + std::to_string(end - 1)).c_str());
    }
  }
  curl_.multi_add_handle(multi_, easy);
  transfers_.emplace(id, std::move(transfer));
}

void OriginClient::Worker::drop(Id id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  curl_.multi_remove_handle(multi_, found->second->easy);
  curl_.easy_cleanup(found->second->easy);
  transfers_.erase(found);
}

/// 0 or a short count ends the transfer with CURLE_WRITE_ERROR.
std::size_t OriginClient::Worker::Transfer::on_body(std::span<const std::byte> bytes) {
  if (!range) {
    // One byte, or an error's text; the whole file where the origin knows no ranges.
    ignored += bytes.size();
    return ignored <= kSmallBody ? bytes.size() : 0;
  }
  if (!std::exchange(judged, true)) {
    const Range& r = *range;
    const PieceIndex last{r.run.end() - 1};
    fault = range_fault(head, r.version, offset(r.run.first.value), offset(last.value) + r.geometry.size_of(last));
  }
  if (fault) return 0;
  // What is handed to us is given to us again later.
  if (untaken >= kMostUntaken) {
    held = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return take(bytes);
}

std::size_t OriginClient::Worker::Transfer::take(std::span<const std::byte> bytes) {
  const std::size_t all = bytes.size();
  if (received) *received += all;
  while (!bytes.empty() && next < range->run.end()) {
    // Where there are no ranges, what is before the run is known already.
    if (place < offset(next)) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), offset(next) - place));
      place += skipped;
      bytes = bytes.subspan(skipped);
      continue;
    }
    const std::size_t size = range->geometry.size_of(PieceIndex{next});
    const auto part = bytes.first(std::min(bytes.size(), size - piece.size()));
    if (piece.empty()) piece.reserve(size);
    piece.insert(piece.end(), part.begin(), part.end());
    digester.add(part);
    place += part.size();
    bytes = bytes.subspan(part.size());
    if (piece.size() == size) worker.hand_over(*this);
  }
  // Of a file without ranges the rest is not wanted.
  return bytes.empty() ? all : 0;
}

void OriginClient::Worker::hand_over(Transfer& transfer) {
  Sha256Digest digest;
  transfer.digester.finish(digest);
  const PieceIndex index{transfer.next++};
  ++transfer.untaken;
  tell(transfer.id, [index, digest, bytes = std::exchange(transfer.piece, {})](Worker& worker, OpenAt open) {
    const Id id = open->first;
    const auto on_piece = open->second.hooks.on_piece;  // it may stop this request
    on_piece(index, digest, bytes);
    worker.later([&worker, id] { worker.on_taken(id); });
  });
}

void OriginClient::Worker::on_taken(Id id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  --found->second->untaken;
  if (std::exchange(found->second->held, false)) curl_.easy_pause(found->second->easy, CURLPAUSE_CONT);
}

void OriginClient::Worker::finish(CURL* easy, CURLcode result) {
  Transfer* transfer = nullptr;
  curl_.easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  const bool cut_by_us = result == CURLE_WRITE_ERROR;
  std::optional<OriginFault> fault = transfer->fault;
  if (result != CURLE_OK && !cut_by_us) {
    const std::string words = transfer->error.c_str();
    fault = OriginFault{OriginFault::Kind::unreachable,
                        "the origin cannot be reached: " + (words.empty() ? curl_.easy_strerror(result) : words)};
    if (transfer->place > 0)
      fault->why = "the origin broke off: " + (words.empty() ? curl_.easy_strerror(result) : words);
  }
  if (!transfer->range) {
    auto answer = fault ? std::variant<OriginVersion, OriginFault>(*fault) : version_of(transfer->head);
    tell(transfer->id, [answer = std::move(answer)](Worker& worker, OpenAt open) {
      const OnVersion on_version = std::move(open->second.on_version);
      worker.open_.erase(open);
      on_version(answer);
    });
  } else {
    const Range& range = *transfer->range;
    if (!fault && !transfer->judged) fault = range_fault(transfer->head, range.version, 0, 1);
    if (!fault && transfer->next < range.run.end())
      fault = OriginFault{OriginFault::Kind::unreachable, "the origin ended before all bytes had come"};
    tell(transfer->id, [fault = std::move(fault)](Worker& worker, OpenAt open) {
      const auto on_end = std::move(open->second.hooks.on_end);
      worker.open_.erase(open);
      on_end(fault);
    });
  }
  drop(transfer->id);
}

// --- the client ------------------------------------------------------------------------------------------------------

OriginClient::OriginClient(asio::io_context& io, OriginUrl url, Options options)
    : url_(std::move(url)), worker_(std::make_shared<Worker>(io, url_, options)) {
  worker_->run();
}

OriginClient::~OriginClient() { worker_->end(); }

void OriginClient::ask(const std::string& path, OnVersion on_version) {
  worker_->begin(++last_, {.url = url_.of(path), .range = {}, .on_version = std::move(on_version), .hooks = {}});
}

OriginClient::Id OriginClient::fetch(Range range, Hooks hooks) {
  std::string url = url_.of(range.path);
  worker_->begin(++last_,
                 {.url = std::move(url), .range = std::move(range), .on_version = nullptr, .hooks = std::move(hooks)});
  return last_;
}

void OriginClient::stop(Id id) { worker_->stop(id); }

}  // namespace p2p
