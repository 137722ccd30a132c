// A stream over the loopback: what goes in comes out, files too, and every end is told.
#include "peer/net/tcp_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::pattern;
using test::StreamPair;

asio::awaitable<void> send(Stream& stream, std::string text) {
  const Moved moved = co_await write_all(stream, asio::buffer(text));
  CHECK_FALSE(moved.error);
  CHECK(moved.bytes == text.size());
  stream.shutdown_send();
}

asio::awaitable<void> send_whole_file(Stream& stream, int descriptor, std::size_t count, Moved& result) {
  std::size_t sent = 0;
  while (sent < count) {
    result = co_await stream.send_file(descriptor, sent, count - sent);
    if (result.error || result.bytes == 0) break;
    sent += result.bytes;
  }
  result.bytes = sent;
  stream.shutdown_send();
}

asio::awaitable<void> receive(Stream& stream, std::string& text, std::error_code& end) {
  std::string first(1000, '\0'), second(300'000, '\0');
  for (;;) {
    const std::array<asio::mutable_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
    const Moved moved = co_await stream.read_some(buffers);
    text.append(first, 0, std::min(moved.bytes, first.size()));
    if (moved.bytes > first.size()) text.append(second, 0, moved.bytes - first.size());
    end = moved.error;
    if (end) co_return;
  }
}

TEST_CASE("bytes arrive in order and whole, over two buffers, and the end of a half is told", "[stream]") {
  StreamPair pair;
  std::string got;
  std::error_code end;
  const std::string text = pattern(3'000'000);
  spawn(pair.io, send(*pair.a, text));
  spawn(pair.io, receive(*pair.b, got, end));
  pair.io.run();
  CHECK(got == text);
  CHECK(end == asio::error::eof);
}

TEST_CASE("a file larger than a turn and than the socket's room arrives whole", "[stream]") {
  StreamPair pair;
  const test::TempDir dir;
  const std::string text = pattern(9'000'001);
  std::ofstream(dir.path() / "f", std::ios::binary) << text;
  const int fd = ::open((dir.path() / "f").c_str(), O_RDONLY | O_CLOEXEC);
  std::string got;
  std::error_code end;
  Moved sent;
  spawn(pair.io, send_whole_file(*pair.a, fd, text.size(), sent));
  spawn(pair.io, receive(*pair.b, got, end));
  pair.io.run();
  ::close(fd);
  CHECK_FALSE(sent.error);
  CHECK(sent.bytes == text.size());
  CHECK(got == text);
}

TEST_CASE("a file that is shorter than was said gives nothing more, and no error", "[stream]") {
  StreamPair pair;
  const test::TempDir dir;
  std::ofstream(dir.path() / "f", std::ios::binary) << "abc";
  const int fd = ::open((dir.path() / "f").c_str(), O_RDONLY | O_CLOEXEC);
  std::string got;
  std::error_code end;
  Moved sent;
  spawn(pair.io, send_whole_file(*pair.a, fd, 10, sent));
  spawn(pair.io, receive(*pair.b, got, end));
  pair.io.run();
  ::close(fd);
  CHECK_FALSE(sent.error);
  CHECK(sent.bytes == 3);
  CHECK(got == "abc");
}

asio::awaitable<void> send_until_it_fails(Stream& stream, std::error_code& end) {
  const std::string block(100'000, 'x');
  while (!end) {
    const Moved moved = co_await write_all(stream, asio::buffer(block));
    end = moved.error;
  }
}

asio::awaitable<void> fill(Stream& stream, std::string& buffer, Moved& moved) {
  moved = co_await read_all(stream, asio::buffer(buffer));
}

TEST_CASE("writing to somebody who has gone is an error, and no signal", "[stream]") {
  StreamPair pair;
  std::error_code end;
  spawn(pair.io, send_until_it_fails(*pair.a, end));
  pair.io.poll();
  pair.b->close();
  pair.io.restart();
  pair.io.run();
  CHECK((end == asio::error::connection_reset || end == asio::error::broken_pipe));
}

TEST_CASE("closing ends a write that waits for room", "[stream]") {
  StreamPair pair;
  std::error_code end;
  spawn(pair.io, send_until_it_fails(*pair.a, end));
  pair.io.poll();
  CHECK_FALSE(end);
  CHECK(pair.a->unacknowledged() > 0);
  pair.a->close();
  pair.io.restart();
  pair.io.run();
  CHECK(end == asio::error::operation_aborted);
}

TEST_CASE("filling a buffer ends early only where the stream ends, and says how far it came", "[stream]") {
  StreamPair pair;
  std::string buffer(10, '?');
  Moved moved;
  spawn(pair.io, send(*pair.a, "123456"));
  spawn(pair.io, fill(*pair.b, buffer, moved));
  pair.io.run();
  CHECK(moved.error == asio::error::eof);
  CHECK(moved.bytes == 6);
  CHECK(buffer == "123456????");
}

TEST_CASE("half a connection may end while the other half goes on", "[stream]") {
  StreamPair pair;
  std::string at_b, at_a;
  std::error_code end_at_b, end_at_a;
  spawn(pair.io, send(*pair.a, "question"));
  spawn(pair.io, receive(*pair.b, at_b, end_at_b));
  pair.io.run();
  CHECK(end_at_b == asio::error::eof);
  spawn(pair.io, send(*pair.b, "answer"));
  spawn(pair.io, receive(*pair.a, at_a, end_at_a));
  pair.io.restart();
  pair.io.run();
  CHECK(at_b == "question");
  CHECK(at_a == "answer");
  CHECK(end_at_a == asio::error::eof);
}

TEST_CASE("what is corked goes out whole when the cork comes off", "[stream]") {
  StreamPair pair;
  std::string got;
  std::error_code end;
  pair.a->cork(true);
  pair.a->cork(true);
  spawn(pair.io, send(*pair.a, "a few bytes"));
  spawn(pair.io, receive(*pair.b, got, end));
  pair.a->cork(false);
  pair.io.run();
  CHECK(got == "a few bytes");
}

TEST_CASE("closing ends a read that waits", "[stream]") {
  StreamPair pair;
  std::string got;
  std::error_code end;
  spawn(pair.io, receive(*pair.b, got, end));
  asio::post(pair.io, [&] { pair.b->close(); });
  pair.io.run();
  CHECK(end == asio::error::operation_aborted);
  CHECK_FALSE(pair.b->is_open());
  pair.b->close();
}

TEST_CASE("a stream knows its other end, and what was not acknowledged yet", "[stream]") {
  StreamPair pair;
  CHECK(pair.a->remote().address == asio::ip::address_v4::loopback());
  CHECK(pair.a->remote().port != 0);
  CHECK(pair.a->unacknowledged() == 0);
  pair.a->close();
  CHECK(pair.a->remote().port != 0);
}

}  // namespace
}  // namespace p2p
