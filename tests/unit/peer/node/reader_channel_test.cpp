// What a reader on one thread gets of what another thread grants.
#include "peer/node/reader_channel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using State = ByteReader::State;

const std::string kText = test::random_text(1000);
constexpr std::uint64_t kPiece = 100;

/// A file, and a reader of a part of it.
struct Reading {
  explicit Reading(ReaderChannel::Range range = {0, 1000}) {
    dir.write("file", kText);
    file = std::make_shared<const File>(dir / "file", File::Mode::read);
    channel = std::make_shared<ReaderChannel>(range, kPiece, wake.call(), [this] { ++told; });
    reader = std::make_unique<ChannelReader>(channel);
  }
  std::string read(std::size_t most) {
    std::vector<std::byte> buffer(most);
    const ByteReader::Got got = reader->read(buffer);
    state = got.state;
    return got.state == State::some ? std::string(reinterpret_cast<const char*>(buffer.data()), got.bytes)
                                    : std::string();
  }
  void grant(std::uint64_t end) { channel->grant({file, {}, end}); }
  void grant_complete() { channel->grant({file, file->stamp(), 1000}); }

  test::TempDir dir;
  std::shared_ptr<const File> file;
  test::Wake wake;
  std::atomic<int> told = 0;
  std::shared_ptr<ReaderChannel> channel;
  std::unique_ptr<ByteReader> reader;
  State state{};
};

TEST_CASE("a reader gets what is granted and no more, and is woken when there is more", "[readers]") {
  Reading r({50, 260});
  CHECK(r.read(64).empty());
  CHECK(r.state == State::waiting);
  r.grant(200);
  CHECK(r.wake.called());
  CHECK(r.read(64) == kText.substr(50, 64));
  CHECK(r.read(640) == kText.substr(114, 86));
  CHECK(r.read(1).empty());
  CHECK(r.channel->look().waiting);
  r.grant(260);
  CHECK(r.read(1000) == kText.substr(200, 60));
}

TEST_CASE("nobody is woken who does not wait", "[readers]") {
  Reading r;
  r.grant(100);
  r.grant(200);
  CHECK_FALSE(r.wake.called());
}

TEST_CASE("a reader tells once a piece how far it is, and not where all is granted", "[readers]") {
  Reading r;
  r.grant(400);
  for (int i = 0; i < 9; ++i) r.read(10);
  CHECK(r.told == 0);
  r.read(10);
  CHECK(r.told == 1);
  r.read(150);
  CHECK(r.told == 1);  // the network thread has not looked yet
  CHECK(r.channel->look().place == 250);
  r.read(50);
  CHECK(r.told == 2);
  r.channel->look();
  r.grant(1000);
  while (r.read(100) != kText.substr(900)) continue;
  CHECK(r.told == 2);
}

TEST_CASE("what was revoked is not read", "[readers]") {
  Reading r;
  r.grant(500);
  CHECK(r.read(100) == kText.substr(0, 100));
  r.channel->revoke();
  r.read(100);
  CHECK(r.state == State::waiting);
  r.grant(500);
  CHECK(r.read(100) == kText.substr(100, 100));
}

TEST_CASE("a reader that fails says why, is woken, and gets nothing more", "[readers]") {
  Reading r;
  r.read(1);
  r.channel->fail("nobody has it");
  CHECK(r.wake.called());
  r.channel->fail("another reason");
  r.grant(1000);
  r.read(1);
  CHECK(r.state == State::failed);
  CHECK(r.reader->fault() == "nobody has it");
}

TEST_CASE("of a complete file that is changed while it is read no wrong byte gets out", "[readers]") {
  Reading r;
  r.grant_complete();
  CHECK(r.read(100) == kText.substr(0, 100));
  r.dir.write("file", std::string(1000, 'x'));
  std::filesystem::last_write_time(r.dir / "file", std::filesystem::file_time_type(std::chrono::hours(1)));
  CHECK(r.read(100).empty());
  CHECK(r.state == State::waiting);
  CHECK(r.channel->take_doubts());
  CHECK_FALSE(r.channel->take_doubts());
  CHECK(r.told == 1);
}

TEST_CASE("a file that is too short is doubted", "[readers]") {
  Reading r;
  r.grant(1000);
  std::filesystem::resize_file(r.dir / "file", 150);
  CHECK(r.read(100) == kText.substr(0, 100));
  CHECK(r.read(100).empty());
  CHECK(r.channel->take_doubts());
}

TEST_CASE("nobody wakes a reader that is gone", "[readers]") {
  Reading r;
  r.read(1);
  r.reader.reset();
  CHECK(r.channel->look().gone);
  r.grant(1000);
  r.channel->fail("late");
  CHECK_FALSE(r.wake.called());
}

TEST_CASE("pieces that are lost and written anew while they are read give no wrong byte", "[readers]") {
  Reading r;
  std::string text;
  std::thread server([&] {
    while (text.size() < kText.size()) {
      const std::string some = r.read(7);
      if (r.state == State::waiting) r.wake.wait();
      text += some;
    }
  });
  File disk(r.dir / "file", File::Mode::read_write);
  const auto write = [&](const std::string& bytes) { disk.write_at(0, std::as_bytes(std::span(bytes))); };
  for (std::uint64_t granted = 0; granted <= 1000; granted += 5) {
    r.grant(granted);
    r.channel->revoke();
    write(std::string(1000, '\0'));
    write(kText);
    r.grant(granted);
  }
  server.join();
  CHECK(text == kText);
}

TEST_CASE("what is revoked while it is read does not get out", "[readers]") {
  constexpr std::size_t kBlock = 2 << 20;  // takes long enough to read that it can be revoked meanwhile
  const std::string text = test::random_text(16 * kBlock);
  const std::string other(kBlock / 2, '?');
  const test::TempDir dir;
  dir.write("file", text);
  File writable(dir / "file", File::Mode::read_write);
  const auto file = std::make_shared<const File>(dir / "file", File::Mode::read);
  const auto channel = std::make_shared<ReaderChannel>(
      ReaderChannel::Range{0, text.size()}, kPiece, [] {}, [] {});
  std::string got;
  std::atomic<bool> over = false;
  std::thread reader([&] {
    ChannelReader bytes(channel);
    std::vector<std::byte> block(kBlock);
    while (got.size() < text.size())
      if (const ByteReader::Got read = bytes.read(block); read.state == State::some)
        got.append(reinterpret_cast<const char*>(block.data()), read.bytes);
    over = true;
  });
  // Sooner and later after the grant, and later each time, so that the reader comes to its end on any machine.
  for (int turn = 0; !over; ++turn) {
    channel->grant({file, {}, text.size()});
    std::this_thread::sleep_for(turn % 16 * (turn / 64 + 1) * std::chrono::microseconds(10));
    channel->revoke();
    // Behind where a read that is under way has come to by now.
    const std::uint64_t next = std::min<std::uint64_t>(channel->look().place, text.size() - kBlock) + kBlock / 2;
    writable.write_at(next, std::as_bytes(std::span(other)));
    writable.write_at(next, std::as_bytes(std::span(text).subspan(next, other.size())));
  }
  reader.join();
  CHECK(got == text);
}

}  // namespace
}  // namespace p2p
