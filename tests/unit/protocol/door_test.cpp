// Who is let in, what for, and who has to make room for whom.
#include "protocol/door/door.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/porch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_CASE("members are for those who know the network, and are a text as others", "[door]") {
  Porch porch(DoorLimits{.texts_by_origin = 1});
  const std::array callers{porch.comes(1), porch.comes(2), porch.comes(1)};
  porch.says(callers[0], Features{.fetch_members = true, .content = kNetwork});
  CHECK(porch.fate(callers[0]) == "members");
  porch.says(callers[1], Features{.fetch_members = true, .content = kNothing});
  CHECK(porch.fate(callers[1]) == "out: asked for what is not here");
  // Whoever asks and sends no introduction makes room for the next.
  porch.says(callers[2], Features{.fetch_members = true, .content = kNetwork});
  CHECK(porch.fate(callers[0]).find("out: its text had not moved for longest") == 0);
}

TEST_CASE("origin: an IPv6 network counts as one, an IPv4 address and a link-local address for itself", "[door]") {
  const auto v6 = [](std::byte first, std::byte network, std::byte host) {
    Origin::V6 address{};
    address[0] = first;
    address[1] = std::byte{0x80};
    address[7] = network;
    address[15] = host;
    return Origin::of(address);
  };
  CHECK(v6(std::byte{0x20}, std::byte{1}, std::byte{1}) == v6(std::byte{0x20}, std::byte{1}, std::byte{2}));
  CHECK(v6(std::byte{0x20}, std::byte{1}, std::byte{1}) != v6(std::byte{0x20}, std::byte{2}, std::byte{1}));
  CHECK(v6(std::byte{0xfe}, std::byte{0}, std::byte{1}) != v6(std::byte{0xfe}, std::byte{0}, std::byte{2}));
  CHECK(machine(1) != machine(2));
  Origin::V6 mapped{};
  mapped[10] = mapped[11] = std::byte{0xff};
  mapped[12] = std::byte{10};
  mapped[15] = std::byte{1};
  CHECK(Origin::of(mapped) == machine(1));
}

// --- what the first bytes say --------------------------------------------------------------------------------------

TEST_CASE("a caller is handed to what its handshake asks for", "[door]") {
  Porch porch;
  CHECK(porch.fate(porch.links()) == "exchange");
  CHECK(porch.last->handshake.peer == PeerId{7});
  CHECK(porch.last->content == kModel);
  CHECK(porch.fate(porch.asks()) == "catalog");
  CHECK(porch.last->content == kQuestion);
  const CallerId manifest = porch.comes();
  porch.says(manifest, Features{.fetch_manifest = true, .content = kOther});
  CHECK(porch.fate(manifest) == "manifest");
}

TEST_CASE("where peers are listed, all of them may knock at once, and some more; with few descriptors always some",
          "[door]") {
  const auto greet_at_once = [](std::uint32_t spare) {
    Porch porch(DoorLimits::listed(4, spare));
    std::uint32_t came = 0;
    std::vector<CallerId> callers;
    const auto all_stay = [&] {
      return std::ranges::all_of(callers, [&](CallerId each) { return porch.fate(each).empty(); });
    };
    for (; all_stay() && came < 1000; ++came) callers.push_back(porch.comes());
    return came - 1;
  };
  CHECK(greet_at_once(20) == 20);
  CHECK(greet_at_once(0) == 8);
  CHECK(greet_at_once(1'000'000) == 68);
}

TEST_CASE("nothing is decided before all 32 bytes are there, a refusal as soon as it can be", "[door]") {
  Porch porch;
  const auto greeting = encode(Handshake{PeerId{7}, encode(Features{.content = kModel})});
  const CallerId caller = porch.comes();
  for (std::size_t n = 0; n < greeting.size(); ++n) {
    porch.door.on_bytes(caller, std::span(greeting).first(n), porch.now);
    porch.settle();
    CHECK(porch.fate(caller).empty());
  }
  porch.door.on_bytes(caller, greeting, porch.now);
  porch.settle();
  CHECK(porch.fate(caller) == "exchange");

  const CallerId browser = porch.comes();
  porch.door.on_bytes(browser, std::as_bytes(std::span("GET ", 4)), porch.now);
  porch.settle();
  CHECK(porch.fate(browser).starts_with("out: protocol violation: HTTP"));
}

TEST_CASE("who asks for what is not here is dismissed, and holds nothing", "[door]") {
  Porch porch;
  CHECK(porch.fate(porch.links(1, kNothing)) == "out: its content is not here");
  CHECK(porch.fate(porch.asks(1, kNothing)) == "out: asked for what is not here");
  const CallerId classic = porch.comes();
  porch.says(classic, Handshake{PeerId{7}, {}});
  CHECK(porch.fate(classic) == "out: a classic peer, which names no content; this process serves several");
  porch.shop.classic = true;
  const CallerId welcome = porch.comes();
  porch.says(welcome, Handshake{PeerId{7}, {}});
  CHECK(porch.fate(welcome) == "exchange");
}

// --- those that greet ----------------------------------------------------------------------------------------------

TEST_CASE("a good caller gets in through any crowd that says nothing", "[door]") {
  Porch porch({.greeting = 8, .greeting_by_origin = 8});
  const CallerId first = porch.comes();
  for (int i = 0; i < 8; ++i) porch.comes();
  CHECK(porch.fate(first) == "out: no handshake yet, and its place was needed");
  CHECK(porch.fate(porch.links()) == "exchange");
}

TEST_CASE("one origin's crowd leaves others their places", "[door]") {
  Porch porch({.greeting = 8, .greeting_by_origin = 4});
  const CallerId honest = porch.comes(2);
  for (int i = 0; i < 100; ++i) porch.comes(1);
  CHECK(porch.fate(honest).empty());
}

TEST_CASE("a handshake that drips in has no more time than any other", "[door]") {
  Porch porch;
  const CallerId caller = porch.comes();
  const auto greeting = encode(Handshake{PeerId{7}, {}});
  for (int i = 1; i < 10; ++i) {
    porch.waits(1s);
    porch.door.on_bytes(caller, std::span(greeting).first(static_cast<std::size_t>(i)), porch.now);
  }
  CHECK(porch.fate(caller).empty());
  CHECK(porch.door.next_deadline() == porch.now + 1s);
  porch.waits(1s);
  CHECK(porch.fate(caller) == "out: no handshake within 10 s");
}

// --- texts ---------------------------------------------------------------------------------------------------------

TEST_CASE("a text that has not moved for longest makes room for the newest", "[door]") {
  Porch porch({.texts = 3, .texts_by_origin = 3});
  const CallerId still = porch.asks(1), moving = porch.asks(2);
  porch.waits(1s);
  porch.asks(3);
  porch.door.on_text_moved(moving, porch.now);
  CHECK(porch.fate(porch.asks(4)) == "catalog");
  CHECK(porch.fate(still).starts_with("out: its text had not moved"));
  CHECK(porch.fate(moving) == "catalog");
}

TEST_CASE("an origin that holds its share of the texts displaces its own, not others'", "[door]") {
  Porch porch({.texts = 64, .texts_by_origin = 2});
  const CallerId other = porch.asks(2), own = porch.asks(1);
  for (int i = 0; i < 50; ++i) CHECK(porch.fate(porch.asks(1)) == "catalog");
  CHECK(porch.fate(other) == "catalog");
  CHECK(porch.fate(own).starts_with("out:"));
}

TEST_CASE("a written text holds no slot, and its reader two seconds", "[door]") {
  Porch porch({.texts = 1, .texts_by_origin = 1});
  const CallerId reader = porch.asks(1);
  porch.door.on_text_written(reader, porch.now);
  CHECK(porch.fate(porch.asks(2)) == "catalog");
  CHECK(porch.fate(reader) == "catalog");
  porch.waits(1999ms);
  CHECK(porch.fate(reader) == "catalog");
  porch.waits(1ms);
  CHECK(porch.fate(reader) == "out: it has its text, and stays");
}

TEST_CASE("who takes nothing of his text is dismissed, who takes a little each time is not", "[door]") {
  Porch porch;
  const CallerId stuck = porch.asks(1), slow = porch.asks(2);
  for (int i = 0; i < 4; ++i) {
    porch.waits(10s);
    porch.door.on_text_moved(slow, porch.now);
  }
  CHECK(porch.fate(stuck) == "out: it takes nothing of its text");
  CHECK(porch.fate(slow) == "catalog");
}

TEST_CASE("an origin may ask so many times at once and so many a second", "[door]") {
  Porch porch({.texts_burst = 3, .texts_per_second = 2});
  const auto ask = [&](unsigned from) {
    const CallerId caller = porch.asks(from);
    const std::string fate = porch.fate(caller);
    porch.door.on_gone(caller);
    return fate;
  };
  for (int i = 0; i < 3; ++i) CHECK(ask(1) == "catalog");
  CHECK(ask(1) == "out: it asks for more texts than anybody needs");
  CHECK(ask(2) == "catalog");
  porch.waits(500ms);
  CHECK(ask(1) == "catalog");
  CHECK(ask(1).starts_with("out:"));
}

// --- links ---------------------------------------------------------------------------------------------------------

TEST_CASE("of an origin's links the idlest makes room; used ones do not", "[door]") {
  Porch porch({.links_by_origin = 2});
  const CallerId idle = porch.links(1), busy = porch.links(1);
  porch.waits(1s);
  porch.door.on_link_used(busy, porch.now);
  const CallerId third = porch.links(1);
  CHECK(porch.fate(third) == "exchange");
  CHECK(porch.fate(idle).starts_with("out: its link has been unused for longest"));
  // Both that are left have been used, or have come, a moment ago.
  CHECK(porch.fate(porch.links(1)) == "out: there are as many links as may be, and all are in use");
  CHECK(porch.fate(porch.links(2)) == "exchange");
}

TEST_CASE("a crowd of idle links from everywhere keeps nobody out", "[door]") {
  Porch porch({.links = 100, .links_by_origin = 4});
  for (unsigned i = 0; i < 200; ++i) porch.links(i + 10);
  porch.waits(1s);
  for (unsigned i = 0; i < 100; ++i) CHECK(porch.fate(porch.links(1000 + i)) == "exchange");
  CHECK(porch.fate(porch.links(5000)).starts_with("out: there are as many"));
}

TEST_CASE("the content that nobody uses makes room for another, with all its links", "[door]") {
  Porch porch({.contents = 1});
  const CallerId a = porch.links(1), b = porch.links(2);
  CHECK(porch.fate(porch.links(3, kOther)) == "out: as many contents are served as may be, and all are in use");
  porch.waits(1s);
  CHECK(porch.fate(porch.links(3, kOther)) == "exchange");
  CHECK(porch.fate(a).starts_with("out: its content has been unused"));
  CHECK(porch.fate(b).starts_with("out: its content has been unused"));
}

// --- the process ---------------------------------------------------------------------------------------------------

TEST_CASE("without descriptors those that matter least go first, and links never", "[door]") {
  Porch porch;
  const CallerId link = porch.links(), text = porch.asks(), written = porch.asks(), greeting = porch.comes();
  porch.door.on_text_written(written, porch.now);
  for (const CallerId victim : {greeting, written, text}) {
    CHECK_FALSE(porch.fate(victim).starts_with("out:"));
    CHECK(porch.door.make_room(porch.now));
    porch.settle();
    CHECK(porch.fate(victim) == "out: no descriptor is left, and its place was needed");
  }
  CHECK_FALSE(porch.door.make_room(porch.now));
  CHECK(porch.fate(link) == "exchange");
}

TEST_CASE("a caller's number is given anew only when its end has been reported", "[door]") {
  Porch porch({.greeting = 1, .greeting_by_origin = 1});
  const CallerId first = porch.comes(), second = porch.comes();
  CHECK(first != second);
  CHECK(porch.fate(first).starts_with("out:"));
  // What still comes from it changes nothing.
  porch.says(first, Features{.content = kModel});
  CHECK(porch.fate(first).starts_with("out:"));
  porch.door.on_gone(first);
  CHECK(porch.comes() == first);
}

TEST_CASE("when all are gone nothing is left, and nothing is waited for", "[door]") {
  Porch porch;
  for (unsigned i = 0; i < 50; ++i) porch.door.on_gone(porch.asks(i));
  CHECK(porch.door.callers() == 0);
  porch.waits(60s);
  CHECK(porch.door.next_deadline() == kNever);
}

TEST_CASE("an open process with few descriptors lets in fewer, and always somebody", "[door]") {
  const auto many = DoorLimits::open(1'000'000), few = DoorLimits::open(100), none = DoorLimits::open(0);
  CHECK(many.links == DoorLimits{}.links);
  CHECK(few.greeting + few.texts + few.draining + few.links <= 100 + 8);
  CHECK(few.links_by_origin <= few.links);
  CHECK(none.links == 8);
  CHECK(none.contents == 4);
}

TEST_CASE("listed peers may all knock at once from one machine", "[door]") {
  const auto limits = DoorLimits::listed(300, 10'000);
  CHECK(limits.greeting == 364);
  CHECK(limits.greeting_by_origin == 364);
  CHECK(DoorLimits::listed(300, 20).greeting == 20);
  CHECK(DoorLimits::listed(300, 0).greeting == 8);
}

}  // namespace
}  // namespace p2p
