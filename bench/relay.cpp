// An ideal swarm: what the machine could do if a swarm needed no protocol. Who gets what from whom is fixed before.
//
//   relay SOURCE PIECE FILE...      one receiver a FILE
//
// The file is cut into pieces; of N receivers, receiver k gets the pieces k, k + N, k + 2N, ... from the source and
// passes each on to all the others. So every byte leaves the source once, and everybody has all of them at the end. A
// process each, a TCP connection a direction, and on a connection nothing but the pieces' bytes in their order. A
// receiver reads a piece, compares its XXH3-128 with the source's, writes it with one pwrite, and forwards it by
// sendfile.
//
// Says "up" on stdout when all are connected, begins at a line on stdin, and gives each FILE its name (it is FILE.part
// before) when it is complete. Then everybody stays until stdin ends. Exit code 0, or 1 with a line on stderr.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

namespace {

template <typename Result>
Result checked(Result result, const char* operation) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), operation);
  return result;
}

/// The result of a call that may have to wait: 0 when it would.
std::size_t moved(ssize_t result, const char* operation) {
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return static_cast<std::size_t>(checked(result, operation));
}

/// For calls on files, which move all or fail.
void move_all(ssize_t result, std::size_t length, const char* operation) {
  if (static_cast<std::size_t>(checked(result, operation)) != length)
    throw std::runtime_error(std::string(operation) + " moved less than it should");
}

struct Plan {
  std::string source;
  std::vector<std::string> targets;
  std::size_t size = 0;
  std::size_t piece = 0;
  std::vector<XXH128_hash_t> hashes;  // of each piece

  std::size_t pieces() const { return hashes.size(); }
  std::size_t stripes() const { return targets.size(); }
  std::size_t length(std::size_t index) const { return std::min(piece, size - index * piece); }
};

/// How far one stripe has come over one connection.
struct Place {
  std::size_t index;       // the piece
  std::size_t offset = 0;  // what of it is done
};

struct Incoming {
  int socket;
  std::size_t stripe;
  Place at;
  std::vector<char> buffer;
};

struct Outgoing {
  int socket;
  std::size_t stripe;
  Place at;
  bool waits_for_room = false;
};

/// Which stripe a connection is for. The first bytes on it.
using Greeting = std::uint32_t;

/// The source, or one receiver: whoever sends at least one stripe and receives all or none.
class Node {
 public:
  Node(const Plan& plan, int file) : plan_(plan), file_(file), epoll_(checked(::epoll_create1(0), "epoll_create1")) {
    for (std::size_t stripe = 0; stripe < plan.stripes(); ++stripe) ready_.push_back(stripe);
  }

  /// All pieces are there from the start.
  void has_everything() {
    for (std::size_t& next : ready_) next += plan_.pieces();
    stored_ = plan_.pieces();
  }

  void send(std::size_t stripe, const sockaddr_in& to) {
    const int socket = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    const auto greeting = static_cast<Greeting>(stripe);
    checked(::write(socket, &greeting, sizeof greeting), "write");
    prepare(socket);
    outgoing_.push_back({.socket = socket, .stripe = stripe, .at = {.index = stripe}});
  }

  void accept(int listener) {
    const int socket = checked(::accept(listener, nullptr, nullptr), "accept");
    Greeting stripe = 0;
    if (::recv(socket, &stripe, sizeof stripe, MSG_WAITALL) != sizeof stripe) throw std::runtime_error("no greeting");
    prepare(socket);
    incoming_.push_back(
        {.socket = socket, .stripe = stripe, .at = {.index = stripe}, .buffer = std::vector<char>(plan_.piece)});
  }

  /// Until everything is stored and sent. `complete` is called when everything is stored.
  template <typename Complete>
  void run(Complete complete) {
    for (Incoming& in : incoming_) watch(EPOLL_CTL_ADD, in.socket, EPOLLIN, id_of(in));
    for (Outgoing& out : outgoing_) watch(EPOLL_CTL_ADD, out.socket, 0, id_of(out));
    for (Outgoing& out : outgoing_) send_what_is_there(out);
    bool told = stored_ == plan_.pieces() && incoming_.empty();
    std::array<epoll_event, 64> events{};
    while (!told ||
           std::ranges::any_of(outgoing_, [this](const Outgoing& out) { return out.at.index < plan_.pieces(); })) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const std::size_t id = events[static_cast<std::size_t>(i)].data.u64;
        if (id < incoming_.size())
          receive(incoming_[id]);
        else
          send_what_is_there(outgoing_[id - incoming_.size()]);
      }
      if (!told && stored_ == plan_.pieces()) {
        told = true;
        complete();
      }
    }
  }

 private:
  static constexpr int kTurn = 8;  // pieces or parts of pieces before it is another connection's turn

  std::size_t id_of(const Incoming& in) const { return static_cast<std::size_t>(&in - incoming_.data()); }
  std::size_t id_of(const Outgoing& out) const {
    return incoming_.size() + static_cast<std::size_t>(&out - outgoing_.data());
  }

  static void prepare(int socket) {
    const int on = 1;
    checked(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
    checked(::fcntl(socket, F_SETFL, O_NONBLOCK), "fcntl");
  }

  void watch(int operation, int socket, std::uint32_t what, std::size_t id) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = id;
    checked(::epoll_ctl(epoll_, operation, socket, &event), "epoll_ctl");
  }

  void receive(Incoming& in) {
    for (int turn = 0; turn < kTurn && in.at.index < plan_.pieces(); ++turn) {
      const std::size_t length = plan_.length(in.at.index);
      const ssize_t result = ::recv(in.socket, in.buffer.data() + in.at.offset, length - in.at.offset, 0);
      if (result == 0) throw std::runtime_error("a connection ended early");
      const std::size_t count = moved(result, "recv");
      if (count == 0) return;
      in.at.offset += count;
      if (in.at.offset == length) store(in, length);
    }
  }

  void store(Incoming& in, std::size_t length) {
    if (!XXH128_isEqual(XXH3_128bits(in.buffer.data(), length), plan_.hashes[in.at.index]))
      throw std::runtime_error("a piece is corrupt");
    const auto start = static_cast<off_t>(in.at.index * plan_.piece);
    move_all(::pwrite(file_, in.buffer.data(), length, start), length, "pwrite");
    ++stored_;
    in.at = {.index = in.at.index + plan_.stripes()};
    ready_[in.stripe] = in.at.index;
    for (Outgoing& out : outgoing_)
      if (out.stripe == in.stripe && !out.waits_for_room) send_what_is_there(out);
  }

  void send_what_is_there(Outgoing& out) {
    for (int turn = 0; out.at.index < std::min(ready_[out.stripe], plan_.pieces()); ++turn) {
      if (turn == kTurn) return wait_for_room(out, true);
      const std::size_t length = plan_.length(out.at.index);
      auto from = static_cast<off_t>(out.at.index * plan_.piece + out.at.offset);
      const std::size_t count = moved(::sendfile(out.socket, file_, &from, length - out.at.offset), "sendfile");
      if (count == 0) return wait_for_room(out, true);
      out.at.offset += count;
      if (out.at.offset == length) out.at = {.index = out.at.index + plan_.stripes()};
    }
    wait_for_room(out, false);
  }

  void wait_for_room(Outgoing& out, bool wait) {
    if (out.waits_for_room == wait) return;
    out.waits_for_room = wait;
    watch(EPOLL_CTL_MOD, out.socket, wait ? EPOLLOUT : 0U, id_of(out));
  }

  const Plan& plan_;
  int file_;
  int epoll_;
  std::vector<std::size_t> ready_;  // of each stripe: the first piece that is not there
  std::size_t stored_ = 0;
  std::vector<Incoming> incoming_;
  std::vector<Outgoing> outgoing_;
};

Plan make_plan(int count, char** words) {
  if (count < 4) throw std::runtime_error("usage: relay SOURCE PIECE FILE...");
  Plan plan;
  plan.source = words[1];
  plan.targets.assign(words + 3, words + count);
  const std::string piece = words[2];
  const auto parsed = std::from_chars(piece.data(), piece.data() + piece.size(), plan.piece);
  if (parsed.ec != std::errc{} || plan.piece == 0) throw std::runtime_error("PIECE is a number of bytes");
  const int file = checked(::open(plan.source.c_str(), O_RDONLY), "open");
  struct stat status {};
  checked(::fstat(file, &status), "fstat");
  plan.size = static_cast<std::size_t>(status.st_size);
  std::vector<char> buffer(plan.piece);
  for (std::size_t start = 0; start < plan.size; start += plan.piece) {
    const std::size_t length = std::min(plan.piece, plan.size - start);
    move_all(::pread(file, buffer.data(), length, static_cast<off_t>(start)), length, "pread");
    plan.hashes.push_back(XXH3_128bits(buffer.data(), length));
  }
  ::close(file);
  return plan;
}

/// Listens on a free port of the loopback; its address goes to `address`.
int listen_anywhere(sockaddr_in& address) {
  const int listener = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(listener, SOMAXCONN), "listen");
  socklen_t length = sizeof address;
  checked(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return listener;
}

/// Reads to the end of a line, or until the other side closes.
void wait_for_line(int pipe) {
  char byte = 0;
  while (::read(pipe, &byte, 1) > 0 && byte != '\n') {}
}

struct Pipe {
  int reader = -1;
  int writer = -1;
  Pipe() {
    std::array<int, 2> ends{};
    checked(::pipe(ends.data()), "pipe");
    reader = ends[0];
    writer = ends[1];
  }
};

/// What the parent and its nodes tell each other: a line a node when it is up, an end of each pipe for go and leave.
struct Signals {
  Pipe up, go, leave;
};

struct Addresses {
  std::vector<sockaddr_in> of;
  std::vector<int> listeners;
};

void run_node(const Plan& plan, std::size_t self, const Addresses& addresses, const Signals& signals) {
  const bool is_source = self == plan.stripes();
  const std::string unfinished = is_source ? plan.source : plan.targets[self] + ".part";
  Node node(plan, checked(::open(unfinished.c_str(), is_source ? O_RDONLY : O_RDWR | O_CREAT | O_TRUNC, 0644), "open"));
  for (std::size_t other = 0; other < plan.stripes(); ++other)
    if (other != self) node.send(is_source ? other : self, addresses.of[other]);
  if (is_source)
    node.has_everything();
  else
    for (std::size_t stripe = 0; stripe < plan.stripes(); ++stripe) node.accept(addresses.listeners[self]);
  checked(::write(signals.up.writer, "\n", 1), "write");
  wait_for_line(signals.go.reader);
  node.run([&] { checked(::rename(unfinished.c_str(), plan.targets[self].c_str()), "rename"); });
  wait_for_line(signals.leave.reader);
}

int run(int count, char** words) {
  const Plan plan = make_plan(count, words);
  Addresses addresses{.of = std::vector<sockaddr_in>(plan.stripes()), .listeners = {}};
  for (sockaddr_in& address : addresses.of) addresses.listeners.push_back(listen_anywhere(address));
  const Signals signals;
  for (std::size_t self = 0; self <= plan.stripes(); ++self) {
    const pid_t parent = ::getpid();
    if (checked(::fork(), "fork") != 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    for (const int ours : {signals.go.writer, signals.leave.writer}) ::close(ours);
    run_node(plan, self, addresses, signals);
    ::_exit(0);
  }
  for (std::size_t self = 0; self <= plan.stripes(); ++self) wait_for_line(signals.up.reader);
  std::cout << "up" << std::endl;
  wait_for_line(STDIN_FILENO);
  ::close(signals.go.writer);
  // Whoever fails ends the others.
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (::poll(&input, 1, 100) == 0) {
    int status = 0;
    if (::waitpid(-1, &status, WNOHANG) > 0 && status != 0) return 1;
  }
  ::close(signals.leave.writer);
  while (::wait(nullptr) > 0) {}
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  const pid_t first = ::getpid();
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::cerr << "relay: " << error.what() << '\n';
    if (::getpid() == first) return 1;
    ::_exit(1);
  }
}
