// local_chunks.txt, and the note of what was received.
#include "config/local_chunks.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

LocalChunks parse(std::string_view text) { return parse_local_chunks(text, "local_chunks.txt"); }

std::string complaint(std::string_view text) {
  return findings_of([&] { parse(text); });
}

TEST_CASE("the list of the description", "[local_chunks]") {
  const LocalChunks list = parse("1,chunk_1\n3,chunk_3\n4,LASTCHUNK\n");
  CHECK(list.total == 4);
  REQUIRE(list.chunks.size() == 2);
  CHECK(list.chunks[0].index == 1);
  CHECK(list.chunks[0].name == "chunk_1");
  CHECK(list.chunks[1].index == 3);
  CHECK(list.chunks[1].name == "chunk_3");
  CHECK(list.chunks[1].line == 2);
  CHECK(list.chunks[1].column == 3);
}

TEST_CASE("a folder may have nothing yet, and the last chunk has a line of its own", "[local_chunks]") {
  CHECK(parse("4,LASTCHUNK").chunks.empty());
  CHECK(parse("4,chunk_4\n4,LASTCHUNK").chunks.at(0).index == 4);
}

TEST_CASE("files as they are found", "[local_chunks]") {
  const LocalChunks list = parse("\xef\xbb\xbf\r\n  2 , a file, with a comma \r\n\n\t1,b\r\n\n2,LASTCHUNK \r\n\n");
  CHECK(list.total == 2);
  CHECK(list.chunks.at(0).name == "a file, with a comma");
  CHECK(list.chunks.at(1).name == "b");
  CHECK(print_local_chunks(list) == "1,b\n2,a file, with a comma\n2,LASTCHUNK\n");
}

TEST_CASE("what is wrong is said with its place", "[local_chunks]") {
  CHECK(complaint("") ==
        "local_chunks.txt: no LASTCHUNK line, expected the total number of chunks at the end, such as 4,LASTCHUNK");
  CHECK(
      complaint("1,chunk_1\n") ==
      "local_chunks.txt:1:10: no LASTCHUNK line, expected the total number of chunks at the end, such as 4,LASTCHUNK");
  CHECK(complaint("1,a\n1,b\n4,LASTCHUNK") == "local_chunks.txt:2:1: chunk index 1 stands here again, first on line 1");
  CHECK(complaint("1,a\n2,a\n4,LASTCHUNK") == "local_chunks.txt:2:3: file name a stands here again, first on line 1");
  CHECK(complaint("1,a\n5,b\n4,LASTCHUNK") ==
        "local_chunks.txt:2:1: chunk index 5 is past the last, which is 4 by line 3");
  CHECK(complaint("1,a\n4,LASTCHUNK\n2,b") ==
        "local_chunks.txt:3:1: a line after LASTCHUNK, which stands on line 2, expected the end of the list");
  CHECK(complaint("4,LASTCHUNK\n4,LASTCHUNK") ==
        "local_chunks.txt:2:1: a line after LASTCHUNK, which stands on line 1, expected the end of the list");
  CHECK(complaint("0,a\n4,LASTCHUNK") ==
        "local_chunks.txt:1:1: chunk index is \"0\", expected an integer from 1 to 100000");
  CHECK(complaint("x,a\n4,LASTCHUNK") ==
        "local_chunks.txt:1:1: chunk index is \"x\", expected an integer from 1 to 100000");
  CHECK(complaint("-1,LASTCHUNK") ==
        "local_chunks.txt:1:1: chunk index is \"-1\", expected an integer from 1 to 100000");
  CHECK(complaint("100001,LASTCHUNK") ==
        "local_chunks.txt:1:1: chunk index is \"100001\", expected an integer from 1 to 100000");
  CHECK(complaint("1\n4,LASTCHUNK") ==
        "local_chunks.txt:1:2: no file name, expected an index, a comma and a file name, such as 1,chunk_1");
  CHECK(complaint("1,\n4,LASTCHUNK") ==
        "local_chunks.txt:1:3: no file name, expected an index, a comma and a file name, such as 1,chunk_1");
  CHECK(complaint("1,a/b\n4,LASTCHUNK") ==
        "local_chunks.txt:1:3: file name \"a/b\" has a slash, expected the name of a file in this folder");
  CHECK(complaint("1,..\n4,LASTCHUNK") ==
        "local_chunks.txt:1:3: file name \"..\" has the part .., expected the name of a file in this folder");
  CHECK(complaint("1,local_chunks.txt\n4,LASTCHUNK") ==
        "local_chunks.txt:1:3: file name \"local_chunks.txt\" is a name that peerProcess uses itself, expected the "
        "name of a file in this folder");
}

TEST_CASE("everything that is wrong is said at once, in the file's order", "[local_chunks]") {
  const std::string text = complaint("9,a\nx,b\n3,/c\n4,LASTCHUNK");
  CHECK(text.find(":1:1: chunk index 9 is past") < text.find(":2:1: chunk index is \"x\""));
  CHECK(text.find(":2:1: chunk index is \"x\"") < text.find(":3:3: file name \"/c\" is absolute"));
}

TEST_CASE("names that a chunk cannot have", "[local_chunks]") {
  for (const std::string_view name :
       {"chunk_1", "a,b", "a b", "Ü", "LASTCHUNK2", "lastchunk", "a.b", "log_peer_1001", "Common.cfg.bak", "a.part1"}) {
    INFO(name);
    CHECK(chunk_name_fault(name).empty());
  }
  const std::string longest(255, 'x');
  CHECK(chunk_name_fault(longest).empty());
  for (const std::string& name : {std::string(),
                                  std::string("."),
                                  std::string(".."),
                                  std::string("a/b"),
                                  std::string("/"),
                                  std::string("LASTCHUNK"),
                                  std::string(".peerProcess"),
                                  std::string(".peerProcess-1"),
                                  std::string("a\nb"),
                                  std::string("a\0b", 3),
                                  std::string(" a"),
                                  std::string("a "),
                                  std::string("\xff"),
                                  std::string(".hidden"),
                                  std::string(".bashrc"),
                                  std::string("Common.cfg"),
                                  std::string("PeerInfo.cfg"),
                                  std::string("local_chunks.txt"),
                                  std::string("log_peer_1001.log"),
                                  std::string("a.part"),
                                  std::string("a.journal"),
                                  longest + "x"}) {
    INFO(name);
    CHECK_FALSE(chunk_name_fault(name).empty());
  }
}

TEST_CASE("what was received is read as it was written", "[local_chunks]") {
  std::vector<ReceivedChunk> received{{.index = 3, .size = 0, .sha256 = {}, .name = "a, b"},
                                      {.index = 1, .size = kLargestChunk, .sha256 = {}, .name = "c"}};
  received[1].sha256.fill(std::byte{0xab});
  const std::string text = print_received_chunks(received);
  CHECK(parse_received_chunks(text, "received") == received);
  CHECK(parse_received_chunks("", "received").empty());
}

TEST_CASE("a note that makes no sense", "[local_chunks]") {
  const auto wrong = [](const std::string& text) {
    return findings_of([&] { parse_received_chunks(text, "received"); });
  };
  const std::string digest(64, '0');
  CHECK(wrong("1,5," + digest + ",a\n1,5," + digest + ",b") ==
        "received:2:1: chunk index 1 stands here again, first on line 1");
  CHECK(wrong("1,-5," + digest + ",a") == "received:1:3: size is \"-5\", expected bytes from 0 to 4294967290");
  CHECK(wrong("1,5,abc,a") == "received:1:5: SHA-256 is \"abc\", expected 64 hexadecimal digits");
  CHECK(wrong("1,5").find("SHA-256 is \"\"") != std::string::npos);
}

}  // namespace
}  // namespace p2p::config
